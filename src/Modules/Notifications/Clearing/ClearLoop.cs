using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Clearing;

/// <summary>Tells devices what was read elsewhere, so that they take their notifications back.</summary>
internal sealed partial class ClearLoop(
    ToldDevices told, PushStore store, SendSignal sending, IOptions<NotificationsOptions> options, TimeProvider time, ILogger<ClearLoop> logger) : BackgroundService
{
    private const int MostTogether = 500;

    /// <summary>Apple's service drops subscriptions for pushes that show nothing.</summary>
    private const string ShowsEverything = "push.apple.com";

    /// <summary>What is read one after another becomes one transaction; and the push that it takes back is out by then.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            while (await told.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(Together, TimeProvider.System, stoppingToken);
                var batch = new List<ReadElsewhere>();
                while (batch.Count < MostTogether && told.Reader.TryRead(out var read))
                {
                    batch.Add(read);
                }
                await TryAsync(() => ClearAsync(batch, stoppingToken), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops: what is not cleared by now stays shown.
        }
    }

    private async Task ClearAsync(List<ReadElsewhere> batch, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var reads = batch.GroupBy(read => (read.UserId, read.ConversationId)).ToDictionary(
            group => group.Key, group => new ReadElsewhere(group.Key.UserId, group.Key.ConversationId, group.Min(read => read.First), group.Max(read => read.Read)));
        Guid[] users = [.. reads.Keys.Select(key => key.UserId).Distinct()], conversations = [.. reads.Keys.Select(key => key.ConversationId).Distinct()];
        var first = reads.Values.Min(read => read.First);
        var count = await store.WriteAsync(
            async db =>
            {
                var sent = await db.Trace
                    .Where(row => users.Contains(row.UserId) && conversations.Contains(row.ConversationId) && row.Seq >= first && row.Step == PushStep.Sent && row.SubscriptionId != null)
                    .Select(row => new { row.UserId, row.ConversationId, row.Seq, Device = row.SubscriptionId!.Value }).ToListAsync(token);
                // Its service has not answered yet, or that is not written down: the device may show it in a moment.
                var underWay = await db.Queue
                    .Where(row => users.Contains(row.UserId) && conversations.Contains(row.ConversationId) && row.Seq >= first && row.Subject == PushSubject.Message && row.ClaimedBy != null)
                    .Select(row => new { row.UserId, row.ConversationId, row.Seq, Device = row.SubscriptionId }).ToListAsync(token);
                var due = sent.Concat(underWay).Where(one => reads.TryGetValue((one.UserId, one.ConversationId), out var read) && one.Seq >= read.First && one.Seq <= read.Read)
                    .Select(one => (one.UserId, one.ConversationId, one.Device)).Distinct().ToList();
                var waits = underWay.Select(one => (one.UserId, one.ConversationId, one.Device)).ToHashSet();
                Guid[] ids = [.. due.Select(one => one.Device).Distinct()];
                var devices = await db.Subscriptions.Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, token);
                var pushes = due.Where(one => devices.TryGetValue(one.Device, out var device) && device.UserId == one.UserId && IsClearable(device)).Select(one => Push(
                    reads[(one.UserId, one.ConversationId)], devices[one.Device], now, waits.Contains(one) ? TimeSpan.FromSeconds(options.Value.TimeoutSeconds) : TimeSpan.Zero)).ToList();
                Guid[] wanted = [.. pushes.Select(push => push.Id)];
                var there = await db.Queue.Where(row => wanted.Contains(row.Id)).Select(row => row.Id).ToListAsync(token);
                db.Queue.AddRange(pushes.Where(push => !there.Contains(push.Id)));
                return pushes.Count;
            },
            isRelaxed: true,
            token);
        if (count > 0)
        {
            sending.Ring();
        }
    }

    /// <summary>All that takes messages, but for browsers of Apple's.</summary>
    private static bool IsClearable(SubscriptionRow device) =>
        device.TakesMessages() && !(device.Kind is PushKind.WebPush && device.Provider.EndsWith(ShowsEverything, StringComparison.OrdinalIgnoreCase));

    private QueueRow Push(ReadElsewhere read, SubscriptionRow device, DateTimeOffset now, TimeSpan wait) => new()
    {
        // The same on whatever node: one that has just taken over may not know that it was said.
        Id = Ids.Following(device.Id, string.Create(CultureInfo.InvariantCulture, $"read {read.ConversationId:N} {read.Read}")),
        SubscriptionId = device.Id,
        UserId = read.UserId,
        Subject = PushSubject.Read,
        ConversationId = read.ConversationId,
        Seq = read.Read,
        Provider = device.Provider,
        CreatedAt = now,
        DueAt = now + wait,
        ExpiresAt = now + told.Life,
    };

    private async Task TryAsync(Func<Task> work, CancellationToken token)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            Log.Failed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7050, LogLevel.Warning, "Devices could not be told what was read elsewhere: their notifications stay")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}
