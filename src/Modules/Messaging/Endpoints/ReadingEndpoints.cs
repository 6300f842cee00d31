using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Endpoints;

internal static class ReadingEndpoints
{
    public static void MapReading(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sync", SyncAsync).WithName("sync");
        routes.MapGet("/conversations/{id}/messages", HistoryAsync).WithName("history");
        routes.MapPost("/conversations/{id}/marks", AdvanceMarksAsync).WithName("advanceMarks");
    }

    private static async Task<JsonHttpResult<SyncPage>> SyncAsync(
        ClaimsPrincipal user, IMediator mediator, IOptions<MessagingOptions> options,
        string? cursor = null, int limit = 500, int wait = 0, long? drafts = null, CancellationToken token = default)
    {
        var caller = Caller.From(user);
        var longest = options.Value.MaxWaitSeconds;
        if (wait < 0 || wait > longest)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"wait is 0 to {longest} seconds.") { Field = "wait", Limit = longest };
        }
        // A first sync has something to say at once.
        var page = wait > 0 && cursor is not null
            ? await mediator.Send(new WaitSync(caller, cursor, limit, TimeSpan.FromSeconds(wait), drafts), token)
            : await mediator.Send(new Sync(caller, cursor, limit), token);
        return TypedResults.Json(page, ContractsJson.Wire.SyncPage);
    }

    private static async Task<JsonHttpResult<HistoryPage>> HistoryAsync(
        ClaimsPrincipal user, IMediator mediator, Guid id, long? before = null, long? after = null, int limit = 50, CancellationToken token = default) =>
        TypedResults.Json(await mediator.Send(new GetHistory(Caller.From(user), id, before, after, limit), token), ContractsJson.Wire.HistoryPage);

    private static async Task<JsonHttpResult<OwnState>> AdvanceMarksAsync(
        ClaimsPrincipal user, IMediator mediator, Guid id, MarksBody body, CancellationToken token) =>
        TypedResults.Json(await mediator.Send(new AdvanceMarks(Caller.From(user), id, body.Delivered, body.Read), token), ContractsJson.Wire.OwnState);

    /// <summary>Marks to move.</summary>
    internal sealed record MarksBody(long? Delivered = null, long? Read = null);
}
