using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Keys;
using ModularChat.Notifications.Providers.Apns;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Subscriptions;

/// <summary>The devices that want to be told. An endpoint is a secret of its device, so whoever shows one has the device: it belongs to who registered it last.</summary>
internal sealed class SubscriptionBook(PushStore store, SubscriptionRules rules, ServerKeys keys, IOptions<NotificationsOptions> options, TimeProvider time)
{
    public async Task<PushSubscription[]> ListAsync(Caller caller, CancellationToken token)
    {
        var rows = await store.ReadAsync(db => db.Subscriptions.Where(row => row.UserId == caller.UserId).ToListAsync(token), token);
        return [.. rows.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id).Select(row => Info(row, caller))];
    }

    /// <summary>Registers a device, or brings what is known of it up to date.</summary>
    public async Task<PushSubscription> PutAsync(PutPushSubscription request, CancellationToken token)
    {
        var caller = request.Caller;
        var given = await rules.CheckAsync(request, token);
        var serverKey = (await keys.GetAsync(token)).PublicKey;
        var now = time.GetUtcNow();
        return await store.WriteAsync(
            async db =>
            {
                var row = await db.Subscriptions.AsTracking().SingleOrDefaultAsync(known => known.EndpointHash == given.Hash, token);
                if (row is null || row.UserId != caller.UserId)
                {
                    if (row is not null)
                    {
                        await RemoveAsync(db, [row.Id], token);
                        db.Entry(row).State = EntityState.Detached;
                    }
                    row = new SubscriptionRow
                    {
                        Id = Ids.New(),
                        UserId = caller.UserId,
                        Provider = given.Provider,
                        Endpoint = given.Endpoint,
                        EndpointHash = given.Hash,
                        Name = given.Name,
                        CreatedAt = now,
                    };
                    db.Subscriptions.Add(row);
                }
                (row.Kind, row.Provider, row.Key, row.Auth, row.ServerKey, row.Name, row.DeviceId) =
                    (given.Kind, given.Provider, given.Key, given.Auth, serverKey, given.Name, caller.DeviceId);
                await MakeRoomAsync(db, caller.UserId, row.Id, token);
                return Info(row, caller);
            },
            token);
    }

    /// <summary>Takes one of the caller's own away.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.NotFound"/>: the caller has no such subscription.</exception>
    public async Task RemoveAsync(Caller caller, Guid id, CancellationToken token)
    {
        var isThere = await store.WriteAsync(
            async db =>
            {
                var own = await db.Subscriptions.Where(row => row.Id == id && row.UserId == caller.UserId).Select(row => row.Id).ToListAsync(token);
                await RemoveAsync(db, own, token);
                return own.Count > 0;
            },
            token);
        if (!isThere)
        {
            throw new ChatException(ProblemCodes.NotFound, "The caller has no such subscription.");
        }
    }

    /// <summary>A device that is signed out is told nothing more.</summary>
    public Task RemoveDeviceAsync(Guid userId, Guid deviceId, CancellationToken token) =>
        store.WriteAsync(
            async db =>
            {
                var own = await db.Subscriptions.Where(row => row.DeviceId == deviceId && row.UserId == userId).Select(row => row.Id).ToListAsync(token);
                await RemoveAsync(db, own, token);
                return own.Count;
            },
            token);

    /// <summary>Takes subscriptions away with all that waits for them.</summary>
    public static async Task RemoveAsync(PushDb db, IReadOnlyCollection<Guid> ids, CancellationToken token)
    {
        if (ids.Count > 0)
        {
            await db.Queue.Where(row => ids.Contains(row.SubscriptionId)).ExecuteDeleteAsync(token);
            await db.Subscriptions.Where(row => ids.Contains(row.Id)).ExecuteDeleteAsync(token);
        }
    }

    /// <summary>The subscriptions of these users, by user; those who have none are not there.</summary>
    public Task<FrozenDictionary<Guid, SubscriptionRow[]>> OfAsync(IReadOnlyCollection<Guid> userIds, CancellationToken token) =>
        store.ReadAsync(
            async db =>
            {
                var rows = new List<SubscriptionRow>();
                foreach (var part in userIds.Chunk(500))
                {
                    rows.AddRange(await db.Subscriptions.Where(row => part.Contains(row.UserId)).ToListAsync(token));
                }
                return rows.GroupBy(row => row.UserId).ToFrozenDictionary(group => group.Key, group => group.ToArray());
            },
            token);

    private async Task MakeRoomAsync(PushDb db, Guid userId, Guid kept, CancellationToken token)
    {
        var others = await db.Subscriptions.Where(row => row.UserId == userId && row.Id != kept)
            .OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id).Select(row => row.Id).ToListAsync(token);
        await RemoveAsync(db, [.. others.Skip(options.Value.MaxPushSubscriptions - 1)], token);
    }

    private static PushSubscription Info(SubscriptionRow row, Caller caller) => new(
        row.Id, row.Kind, row.Endpoint, row.Name, row.CreatedAt, row.UsedAt, row.DeviceId, row.DeviceId is { } device && device == caller.DeviceId ? true : null, ApnsTopics.Topic(row.Provider));
}
