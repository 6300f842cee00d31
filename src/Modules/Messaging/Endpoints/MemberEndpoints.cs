using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Endpoints;

internal static class MemberEndpoints
{
    public static void MapMembers(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/conversations/{id}/members", ListAsync).WithName("listMembers");
        routes.MapPost("/conversations/{id}/members", AddAsync).WithName("addMembers");
        routes.MapPatch("/conversations/{id}/members/{userId}", SetRoleAsync).WithName("setRole");
        routes.MapDelete("/conversations/{id}/members/{userId}", RemoveAsync).WithName("removeMember");
        routes.MapPost("/conversations/{id}/join", JoinAsync).WithName("joinGroup");
    }

    private static async Task<JsonHttpResult<MemberPage>> ListAsync(
        Guid id, ClaimsPrincipal user, IMediator mediator, Guid? after = null, int limit = 100, CancellationToken token = default) =>
        TypedResults.Json(await mediator.Send(new ListMembers(Caller.From(user), id, after, limit), token), ContractsJson.Default.MemberPage);

    private static async Task<JsonHttpResult<ConversationInfo>> AddAsync(
        Guid id, AddBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        TypedResults.Json(
            await mediator.Send(new AddMembers(Caller.From(user), id, body.ClientMessageId ?? Ids.New(), body.UserIds ?? []), token),
            ContractsJson.Default.ConversationInfo);

    private static async Task<JsonHttpResult<Stored>> SetRoleAsync(
        Guid id, Guid userId, RoleBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        TypedResults.Json(
            await mediator.Send(new SetRole(Caller.From(user), id, body.ClientMessageId ?? Ids.New(), userId, body.Role ?? MemberRole.None), token),
            ContractsJson.Default.Stored);

    private static async Task<JsonHttpResult<Stored>> RemoveAsync(
        Guid id, Guid userId, ClaimsPrincipal user, IMediator mediator, Guid? clientMessageId = null, CancellationToken token = default) =>
        TypedResults.Json(
            await mediator.Send(new RemoveMember(Caller.From(user), id, clientMessageId ?? Ids.New(), userId), token), ContractsJson.Default.Stored);

    private static async Task<JsonHttpResult<ConversationInfo>> JoinAsync(
        Guid id, ClaimsPrincipal user, IMediator mediator, JoinBody? body = null, CancellationToken token = default) =>
        TypedResults.Json(
            await mediator.Send(new JoinGroup(Caller.From(user), id, body?.ClientMessageId ?? Ids.New()), token), ContractsJson.Default.ConversationInfo);

    /// <summary>People to add.</summary>
    internal sealed record AddBody(Guid? ClientMessageId, Guid[]? UserIds);

    /// <summary>A role to give.</summary>
    internal sealed record RoleBody(Guid? ClientMessageId, MemberRole? Role);

    /// <summary>An invitation to accept; the body may be left out.</summary>
    internal sealed record JoinBody(Guid? ClientMessageId);
}
