using MediatR;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Keys;

namespace ModularChat.Notifications.Subscriptions;

internal sealed class SubscriptionHandlers(SubscriptionBook subscriptions, SubscriptionRules rules, ServerKeys keys) :
    IRequestHandler<GetPushKeys, PushKeys>, IRequestHandler<ListPushSubscriptions, PushSubscription[]>, IRequestHandler<PutPushSubscription, PushSubscription>,
    IRequestHandler<RemovePushSubscription, Unit>
{
    public async Task<PushKeys> Handle(GetPushKeys request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        return new PushKeys([.. rules.Kinds], (await keys.GetAsync(cancellationToken)).PublicKey);
    }

    public Task<PushSubscription[]> Handle(ListPushSubscriptions request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        return subscriptions.ListAsync(request.Caller, cancellationToken);
    }

    public Task<PushSubscription> Handle(PutPushSubscription request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        return subscriptions.PutAsync(request, cancellationToken);
    }

    public async Task<Unit> Handle(RemovePushSubscription request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        await subscriptions.RemoveAsync(request.Caller, request.Id, cancellationToken);
        return Unit.Value;
    }
}
