using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;
using ModularChat.Notifications.Subscriptions;

namespace ModularChat.Notifications.Sweeping;

/// <summary>What is done to the tables from time to time: claims of dead senders wait again, pushes that are of no use any more go, and so does what is old.</summary>
internal sealed class Sweep(PushStore store, PushQueue queue, LostDevices lost, IOptions<NotificationsOptions> options, TimeProvider time)
{
    private const int Portion = 1_000;
    private static readonly TimeSpan LookForLostEvery = TimeSpan.FromMinutes(10);

    private long? _looked;

    public async Task RunAsync(CancellationToken token)
    {
        await queue.ReleaseAsync(isAll: false, token);
        while (await ExpireAsync(token) == Portion)
        {
            // Another portion: others write in between.
        }
        if (_looked is not { } looked || time.GetElapsedTime(looked) >= LookForLostEvery)
        {
            await lost.RemoveAsync(token);
            _looked = time.GetTimestamp();
        }
        var now = time.GetUtcNow();
        // What was sent is known for as long as a device may show it: it is what takes notifications back.
        var sentBefore = now - TimeSpan.FromSeconds(Math.Max(options.Value.TtlSeconds, options.Value.TraceDays * 86_400L));
        var (traceBefore, deadBefore) = (now.AddDays(-options.Value.TraceDays), now.AddDays(-options.Value.DeadDays));
        await store.WriteAsync(
            async db =>
            {
                var left = await db.Trace.Where(row => row.At < traceBefore && (row.Step != PushStep.Sent || row.At < sentBefore)).ExecuteDeleteAsync(token);
                return left + await db.Queue.Where(row => row.State == QueueState.Dead && row.DueAt < deadBefore).ExecuteDeleteAsync(token);
            },
            isRelaxed: true,
            token);
    }

    private Task<int> ExpireAsync(CancellationToken token) =>
        store.WriteAsync(
            async db =>
            {
                var now = time.GetUtcNow();
                var late = await db.Queue.AsTracking().Where(row => row.State == QueueState.Waiting && row.ExpiresAt <= now).OrderBy(row => row.DueAt).Take(Portion).ToListAsync(token);
                foreach (var row in late)
                {
                    db.Trace.Add(new TraceRow
                    {
                        Id = Ids.New(),
                        UserId = row.UserId,
                        ConversationId = row.ConversationId,
                        Seq = row.Seq,
                        SubscriptionId = row.SubscriptionId,
                        PushId = row.Id,
                        At = now,
                        Step = PushStep.Expired,
                        Detail = row.LastAnswer,
                    });
                }
                db.Queue.RemoveRange(late);
                return late.Count;
            },
            isRelaxed: true,
            token);
}
