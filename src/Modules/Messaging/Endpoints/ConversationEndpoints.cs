using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Endpoints;

internal static class ConversationEndpoints
{
    public static void MapConversations(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/conversations/direct/{userId}", OpenDirectAsync).WithName("openDirect");
        routes.MapPut("/conversations/{id}", CreateGroupAsync).WithName("createGroup");
        routes.MapGet("/conversations", ListAsync).WithName("listConversations");
        routes.MapGet("/conversations/{id}", GetAsync).WithName("getConversation");
        routes.MapPatch("/conversations/{id}", ChangeAsync).WithName("changeGroup");
        routes.MapPut("/conversations/{id}/preferences", SetPreferencesAsync).WithName("setPreferences");
    }

    private static async Task<JsonHttpResult<ConversationInfo>> OpenDirectAsync(Guid userId, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        Answer(await mediator.Send(new OpenDirect(Caller.From(user), userId), token));

    private static async Task<JsonHttpResult<ConversationInfo>> CreateGroupAsync(
        Guid id, GroupBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        Answer(await mediator.Send(
            new CreateGroup(Caller.From(user), id, body.Title!, body.UserIds ?? [], body.History ?? HistoryVisibility.All), token));

    private static async Task<JsonHttpResult<ConversationPage>> ListAsync(
        ClaimsPrincipal user, IMediator mediator, Guid? after = null, int limit = 100, CancellationToken token = default) =>
        TypedResults.Json(await mediator.Send(new ListConversations(Caller.From(user), after, limit), token), ContractsJson.Default.ConversationPage);

    private static async Task<JsonHttpResult<ConversationInfo>> GetAsync(Guid id, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        Answer(await mediator.Send(new GetConversation(Caller.From(user), id), token));

    private static async Task<JsonHttpResult<Stored>> ChangeAsync(
        Guid id, ChangeBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        TypedResults.Json(
            await mediator.Send(new ChangeGroup(Caller.From(user), id, body.ClientMessageId ?? Ids.New(), body.Title, body.History, body.Keep), token),
            ContractsJson.Default.Stored);

    private static async Task<JsonHttpResult<OwnState>> SetPreferencesAsync(
        Guid id, PreferencesBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        TypedResults.Json(
            await mediator.Send(new SetPreferences(Caller.From(user), id, body.MutedUntil, body.Pinned, body.Archived), token),
            ContractsJson.Default.OwnState);

    private static JsonHttpResult<ConversationInfo> Answer(ConversationInfo info) => TypedResults.Json(info, ContractsJson.Default.ConversationInfo);

    /// <summary>A group to make.</summary>
    internal sealed record GroupBody(string? Title, Guid[]? UserIds, HistoryVisibility? History);

    /// <summary>What to change of a group.</summary>
    internal sealed record ChangeBody(Guid? ClientMessageId, string? Title, HistoryVisibility? History, KeepRule? Keep);

    /// <summary>Preferences to set.</summary>
    internal sealed record PreferencesBody(DateTimeOffset? MutedUntil, bool? Pinned, bool? Archived);
}
