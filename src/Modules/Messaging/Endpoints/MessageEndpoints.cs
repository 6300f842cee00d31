using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Endpoints;

internal static class MessageEndpoints
{
    public static void MapMessages(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/conversations/{id}/messages", SendAsync).WithName("sendMessage");
        routes.MapPatch("/conversations/{id}/messages/{seq}", EditAsync).WithName("editMessage");
        routes.MapDelete("/conversations/{id}/messages/{seq}", DeleteAsync).WithName("deleteMessage");
        routes.MapPut("/conversations/{id}/messages/{seq}/reactions/{emoji}", ReactAsync).WithName("react");
        routes.MapDelete("/conversations/{id}/messages/{seq}/reactions/{emoji}", UnreactAsync).WithName("unreact");
        routes.MapPut("/conversations/{id}/messages/{seq}/pin", PinAsync).WithName("pinMessage");
        routes.MapDelete("/conversations/{id}/messages/{seq}/pin", UnpinAsync).WithName("unpinMessage");
    }

    private static async Task<JsonHttpResult<Stored>> SendAsync(
        Guid id, SendBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        var stored = await mediator.Send(new SendMessage(Caller.From(user), id, body.ClientMessageId ?? Guid.Empty, body.Text!, body.ReplyTo), token);
        return TypedResults.Json(
            stored, ContractsJson.Default.Stored, statusCode: stored.Duplicate ? StatusCodes.Status200OK : StatusCodes.Status201Created);
    }

    private static async Task<JsonHttpResult<Stored>> EditAsync(
        Guid id, long seq, EditBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        Answer(await mediator.Send(new EditMessage(Caller.From(user), id, seq, body.ClientMessageId ?? Ids.New(), body.Text!), token));

    private static async Task<JsonHttpResult<Stored>> DeleteAsync(
        Guid id, long seq, ClaimsPrincipal user, IMediator mediator, Guid? clientMessageId = null, CancellationToken token = default) =>
        Answer(await mediator.Send(new DeleteMessage(Caller.From(user), id, seq, clientMessageId ?? Ids.New()), token));

    private static async Task<JsonHttpResult<Stored>> ReactAsync(
        Guid id, long seq, string emoji, ClaimsPrincipal user, IMediator mediator, Guid? clientMessageId = null, CancellationToken token = default) =>
        Answer(await mediator.Send(new React(Caller.From(user), id, seq, clientMessageId ?? Ids.New(), emoji), token));

    private static async Task<JsonHttpResult<Stored>> UnreactAsync(
        Guid id, long seq, string emoji, ClaimsPrincipal user, IMediator mediator, Guid? clientMessageId = null, CancellationToken token = default) =>
        Answer(await mediator.Send(new React(Caller.From(user), id, seq, clientMessageId ?? Ids.New(), emoji, Remove: true), token));

    private static async Task<JsonHttpResult<Stored>> PinAsync(
        Guid id, long seq, ClaimsPrincipal user, IMediator mediator, Guid? clientMessageId = null, CancellationToken token = default) =>
        Answer(await mediator.Send(new PinMessage(Caller.From(user), id, seq, clientMessageId ?? Ids.New(), Pinned: true), token));

    private static async Task<JsonHttpResult<Stored>> UnpinAsync(
        Guid id, long seq, ClaimsPrincipal user, IMediator mediator, Guid? clientMessageId = null, CancellationToken token = default) =>
        Answer(await mediator.Send(new PinMessage(Caller.From(user), id, seq, clientMessageId ?? Ids.New(), Pinned: false), token));

    private static JsonHttpResult<Stored> Answer(Stored stored) => TypedResults.Json(stored, ContractsJson.Default.Stored);

    /// <summary>A message to send.</summary>
    internal sealed record SendBody(Guid? ClientMessageId, string? Text, long? ReplyTo);

    /// <summary>The new text of a message.</summary>
    internal sealed record EditBody(Guid? ClientMessageId, string? Text);
}
