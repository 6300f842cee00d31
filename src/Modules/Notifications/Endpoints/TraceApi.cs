using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;

namespace ModularChat.Notifications.Endpoints;

internal sealed record TraceAnswer(TracedStep[] Steps);

internal sealed record TestedAnswer(TestedPush[] Pushes);

internal sealed record DeadPushesAnswer(DeadPush[] Pushes);

internal sealed record ShownBody(Guid? Id = null, string? Receipt = null);

internal static class TraceApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/me/push/trace", TraceAsync);
        routes.MapPost("/me/push/test", TestAsync);
        routes.MapPost("/push/shown", ShownAsync).AllowAnonymous();
        routes.MapGet("/admin/push/dead", ListDeadAsync);
        routes.MapPost("/admin/push/dead/{id}/resend", ResendAsync);
    }

    private static async Task<TraceAnswer> TraceAsync(string? messageId, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        new(await mediator.Send(new TracePushes(Caller.From(user), messageId), token));

    private static async Task<TestedAnswer> TestAsync(ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        new(await mediator.Send(new SendTestPush(Caller.From(user)), token));

    private static async Task<NoContent> ShownAsync(ShownBody body, IMediator mediator, CancellationToken token)
    {
        var id = body.Id ?? throw ChatException.Invalid("id", "id is missing.");
        await mediator.Send(new ConfirmShown(id, body.Receipt ?? throw ChatException.Invalid("receipt", "receipt is missing.")), token);
        return TypedResults.NoContent();
    }

    private static async Task<DeadPushesAnswer> ListDeadAsync(int? limit, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        new(await mediator.Send(new ListDeadPushes(Caller.From(user), limit ?? 100), token));

    private static async Task<NoContent> ResendAsync(Guid id, ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        await mediator.Send(new ResendPush(Caller.From(user), id), token);
        return TypedResults.NoContent();
    }
}
