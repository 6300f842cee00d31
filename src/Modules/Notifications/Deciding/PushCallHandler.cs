using MediatR;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Notifications;
using ModularChat.Contracts.Presence;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;
using ModularChat.Notifications.Subscriptions;

namespace ModularChat.Notifications.Deciding;

/// <summary>A call rings at once, also on a device that is active: it may be another one that is in the hand. Blocked people and those who are not to be disturbed are not called.</summary>
internal sealed class PushCallHandler(SubscriptionBook subscriptions, PushStore store, SendSignal sending, IMediator mediator, TimeProvider time) : IRequestHandler<PushCall, int>
{
    private const int MostUsers = 1_000;

    public async Task<int> Handle(PushCall request, CancellationToken cancellationToken)
    {
        if (request.UserIds.Length > MostUsers)
        {
            throw ChatException.TooLong("userIds", MostUsers, "users");
        }
        var devices = await subscriptions.OfAsync([.. request.UserIds.Where(user => user != request.CallerId)], cancellationToken);
        if (devices.Count == 0)
        {
            return 0;
        }
        Guid[] users = [.. devices.Keys];
        var blocked = (await mediator.Send(new GetRelations(request.CallerId, users), cancellationToken)).Where(one => one.IsBlocked).Select(one => one.OtherId).ToHashSet();
        blocked.UnionWith((await mediator.Send(new GetAttention(users, 60), cancellationToken)).Where(one => one.IsDoNotDisturb).Select(one => one.UserId));
        var now = time.GetUtcNow();
        var pushes = devices.Where(pair => !blocked.Contains(pair.Key)).SelectMany(pair => pair.Value).Select(device => new QueueRow
        {
            // The same for a request that is made again.
            Id = Ids.Following(request.CallId, device.Id.ToString("N")),
            SubscriptionId = device.Id,
            UserId = device.UserId,
            Subject = PushSubject.Call,
            ConversationId = request.ConversationId,
            SenderId = request.CallerId,
            Provider = device.Provider,
            IsUrgent = true,
            CreatedAt = now,
            DueAt = now,
            ExpiresAt = request.ExpiresAt,
        }).ToList();
        await store.WriteAsync(
            async db =>
            {
                Guid[] ids = [.. pushes.Select(push => push.Id)];
                var there = await db.Queue.Where(row => ids.Contains(row.Id)).Select(row => row.Id).ToListAsync(cancellationToken);
                db.Queue.AddRange(pushes.Where(push => !there.Contains(push.Id)));
                return pushes.Count;
            },
            cancellationToken);
        sending.Ring();
        return pushes.Count;
    }
}
