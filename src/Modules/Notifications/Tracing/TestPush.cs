using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Tracing;

/// <summary>A push that says nothing, to all devices of a user: whether the way to them is open.</summary>
internal sealed class TestPush(PushStore store, SendSignal sending, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5), Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether one was sent to a user since a time.</summary>
    public Task<bool> WasSentAsync(Guid userId, DateTimeOffset since, CancellationToken token) =>
        store.ReadAsync(
            async db => await db.Queue.AnyAsync(row => row.UserId == userId && row.Subject == PushSubject.Test && row.CreatedAt > since, token)
                || await db.Trace.AnyAsync(row => row.UserId == userId && row.ConversationId == Guid.Empty && row.Seq == 0 && row.At > since, token),
            token);

    /// <summary>Sends and waits for what comes of it at each device.</summary>
    /// <param name="userId">Whose devices.</param>
    /// <param name="wait">How long to wait.</param>
    /// <param name="token">Cancels it.</param>
    public async Task<List<(SubscriptionRow Device, PushStep? Step, string? Detail)>> RunAsync(Guid userId, TimeSpan wait, CancellationToken token)
    {
        var pushes = await store.WriteAsync(
            async db =>
            {
                var now = time.GetUtcNow();
                var devices = await db.Subscriptions.Where(row => row.UserId == userId).ToListAsync(token);
                var made = devices.FindAll(device => device.TakesMessages()).ConvertAll(device => (Device: device, Push: new QueueRow
                {
                    Id = Ids.New(),
                    SubscriptionId = device.Id,
                    UserId = userId,
                    Subject = PushSubject.Test,
                    Provider = device.Provider,
                    IsUrgent = true,
                    CreatedAt = now,
                    DueAt = now,
                    ExpiresAt = now + Life,
                }));
                db.Queue.AddRange(made.Select(one => one.Push));
                return made;
            },
            token);
        sending.Ring();
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var steps = await StepsAsync([.. pushes.Select(one => one.Push.Id)], token);
            if (steps.Count == pushes.Count || TimeProvider.System.GetElapsedTime(begun) >= wait)
            {
                return pushes.ConvertAll(one => (one.Device, steps.GetValueOrDefault(one.Push.Id)?.Step, steps.GetValueOrDefault(one.Push.Id)?.Detail));
            }
            await Task.Delay(Look, TimeProvider.System, token);
        }
    }

    private Task<Dictionary<Guid, TraceRow>> StepsAsync(Guid[] ids, CancellationToken token) =>
        store.ReadAsync(
            async db => (await db.Trace.Where(row => row.PushId != null && ids.Contains(row.PushId.Value)).ToListAsync(token))
                .GroupBy(row => row.PushId!.Value).ToDictionary(group => group.Key, group => group.MaxBy(row => row.Id)!),
            token);
}
