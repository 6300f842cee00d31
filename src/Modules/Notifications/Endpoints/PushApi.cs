using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;

namespace ModularChat.Notifications.Endpoints;

internal sealed record SubscriptionsAnswer(PushSubscription[] Subscriptions);

internal sealed record SubscriptionKeys(string? P256dh = null, string? Auth = null, string? Secret = null);

internal sealed record SubscriptionBody(PushKind? Kind = null, string? Endpoint = null, SubscriptionKeys? Keys = null, string? Name = null, string? Topic = null);

internal sealed record PushSettingsBody(PushLevel? Level = null, PushContent? Content = null, PushQuietHours? QuietHours = null);

internal sealed record PushLevelBody(string? Level = null);

internal static class PushApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/push/keys", (ClaimsPrincipal user, IMediator mediator, CancellationToken token) => mediator.Send(new GetPushKeys(Caller.From(user)), token));
        routes.MapGet("/me/push/subscriptions", ListAsync);
        routes.MapPost("/me/push/subscriptions", (SubscriptionBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new PutPushSubscription(Caller.From(user), body.Kind, body.Endpoint, body.Keys?.P256dh, body.Keys?.Auth, body.Name, body.Keys?.Secret, body.Topic), token));
        routes.MapDelete("/me/push/subscriptions/{id}", RemoveAsync);
        routes.MapGet("/me/push/settings", (ClaimsPrincipal user, IMediator mediator, CancellationToken token) => mediator.Send(new GetPushSettings(Caller.From(user)), token));
        routes.MapPut("/me/push/settings", (PushSettingsBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new PutPushSettings(Caller.From(user), body.Level, body.Content, body.QuietHours), token));
        routes.MapPut("/conversations/{id}/push", (Guid id, PushLevelBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new SetPushLevel(Caller.From(user), id, body.Level), token));
    }

    private static async Task<SubscriptionsAnswer> ListAsync(ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        new(await mediator.Send(new ListPushSubscriptions(Caller.From(user)), token));

    private static async Task<NoContent> RemoveAsync(Guid id, ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        await mediator.Send(new RemovePushSubscription(Caller.From(user), id), token);
        return TypedResults.NoContent();
    }
}
