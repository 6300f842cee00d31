using MediatR;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts.Identity;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Subscriptions;

/// <summary>The end of a session may have been told while nobody heard it: then its device would be told of messages for ever.</summary>
internal sealed class LostDevices(SubscriptionBook subscriptions, PushStore store, IMediator mediator)
{
    private const int Portion = 500;

    /// <summary>Takes away what belongs to devices without a session; how many devices.</summary>
    public async Task<int> RemoveAsync(CancellationToken token)
    {
        var (removed, after) = (0, Guid.Empty);
        while (true)
        {
            var users = await store.ReadAsync(
                db => db.Subscriptions.Where(row => row.DeviceId != null && row.UserId > after).Select(row => row.UserId).Distinct().OrderBy(id => id).Take(Portion).ToArrayAsync(token), token);
            if (users.Length == 0)
            {
                return removed;
            }
            // Read before the sessions: what is registered meanwhile, by a new one, is not judged.
            var devices = await store.ReadAsync(
                db => db.Subscriptions.Where(row => row.DeviceId != null && users.Contains(row.UserId)).Select(row => new { row.UserId, DeviceId = row.DeviceId!.Value }).Distinct().ToListAsync(token), token);
            var live = (await mediator.Send(new ListLiveDevices(users), token)).ToDictionary(one => one.UserId, one => one.DeviceIds);
            foreach (var one in devices.Where(one => live.GetValueOrDefault(one.UserId)?.Contains(one.DeviceId) != true))
            {
                await subscriptions.RemoveDeviceAsync(one.UserId, one.DeviceId, token);
                removed++;
            }
            after = users[^1];
        }
    }
}
