using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Endpoints;

internal sealed record StartCallBody(Guid? CallId = null, Guid? LegId = null);

internal sealed record LegBody(Guid? LegId = null);

internal sealed record HangUpBody(Guid? LegId = null, bool Failed = false);

internal sealed record SignalCallBody(Guid? LegId = null, CallSignal? Signal = null);

internal sealed record CallList(CallInfo[] Calls);

internal static class CallsApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/conversations/{id}/calls", StartAsync);
        routes.MapGet("/calls", async (ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            new CallList(await mediator.Send(new ListCalls(Caller.From(user)), token)));
        routes.MapGet("/calls/{id}", (Guid id, ClaimsPrincipal user, IMediator mediator, long after = 0, CancellationToken token = default) =>
            mediator.Send(new GetCall(Caller.From(user), id, after), token));
        routes.MapPost("/calls/{id}/accept", (Guid id, LegBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new AcceptCall(Caller.From(user), id, body.LegId ?? Guid.Empty), token));
        routes.MapPost("/calls/{id}/decline", (Guid id, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new DeclineCall(Caller.From(user), id), token));
        routes.MapPost("/calls/{id}/hangup", (Guid id, HangUpBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new HangUpCall(Caller.From(user), id, body.LegId ?? Guid.Empty, body.Failed), token));
        routes.MapPost("/calls/{id}/renew", (Guid id, LegBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new RenewCall(Caller.From(user), id, body.LegId ?? Guid.Empty), token));
        routes.MapPost("/calls/{id}/signal", SignalAsync);
        routes.MapGet("/calls/{id}/ice", (Guid id, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new GetIce(Caller.From(user), id), token));
    }

    private static async Task<CallAnswer> StartAsync(Guid id, StartCallBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        await mediator.Send(new StartCall(Caller.From(user), id, body.CallId ?? Guid.Empty, body.LegId ?? Guid.Empty), token);

    private static async Task<NoContent> SignalAsync(Guid id, SignalCallBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        var signal = body.Signal ?? throw ChatException.Invalid("signal", "signal is missing.");
        await mediator.Send(new SignalCall(Caller.From(user), id, body.LegId ?? Guid.Empty, signal), token);
        return TypedResults.NoContent();
    }
}
