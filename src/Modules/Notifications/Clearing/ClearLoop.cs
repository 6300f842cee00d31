using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Clearing;

/// <summary>Tells devices what was read elsewhere, so that they take their notifications back.</summary>
internal sealed partial class ClearLoop(ToldDevices told, PushStore store, SendSignal sending, TimeProvider time, ILogger<ClearLoop> logger) : BackgroundService
{
    private const int MostTogether = 500, MostRemembered = 20_000;

    /// <summary>Apple's service drops subscriptions for pushes that show nothing.</summary>
    private const string ShowsEverything = "push.apple.com";

    /// <summary>What is read one after another becomes one transaction; and the push that it takes back is out by then.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await TryAsync(() => RememberAsync(stoppingToken), stoppingToken);
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

    /// <summary>What the process before this one has told. Of several nodes each knows its own pushes only, or a device would be told by all of them.</summary>
    private async Task RememberAsync(CancellationToken token)
    {
        if (store.Database.IsShared)
        {
            return;
        }
        var since = time.GetUtcNow() - told.Life;
        var sent = await store.ReadAsync(
            db => db.Trace.Where(row => row.Step == PushStep.Sent && row.At > since && row.SubscriptionId != null && row.Seq > 0)
                .OrderByDescending(row => row.At).Take(MostRemembered).ToListAsync(token),
            token);
        foreach (var row in sent)
        {
            told.Remember(row.UserId, row.ConversationId, row.Seq, row.SubscriptionId!.Value, row.At + told.Life);
        }
    }

    private async Task ClearAsync(List<ReadElsewhere> batch, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var ids = batch.SelectMany(read => read.Devices).Distinct().ToArray();
        await store.WriteAsync(
            async db =>
            {
                var devices = new Dictionary<Guid, SubscriptionRow>(ids.Length);
                foreach (var part in ids.Chunk(500))
                {
                    foreach (var row in await db.Subscriptions.Where(row => part.Contains(row.Id)).ToListAsync(token))
                    {
                        devices[row.Id] = row;
                    }
                }
                db.Queue.AddRange(
                    from read in batch
                    from id in read.Devices
                    let device = devices.GetValueOrDefault(id)
                    where device is not null && device.UserId == read.UserId && IsClearable(device)
                    select Push(read, device, now));
                return true;
            },
            isRelaxed: true,
            token);
        sending.Ring();
    }

    private static bool IsClearable(SubscriptionRow device) =>
        device.Kind is PushKind.WebPush or PushKind.UnifiedPush && !device.Provider.EndsWith(ShowsEverything, StringComparison.OrdinalIgnoreCase);

    private QueueRow Push(ReadElsewhere read, SubscriptionRow device, DateTimeOffset now) => new()
    {
        Id = Ids.New(),
        SubscriptionId = device.Id,
        UserId = read.UserId,
        Subject = PushSubject.Read,
        ConversationId = read.ConversationId,
        Seq = read.Read,
        Provider = device.Provider,
        CreatedAt = now,
        DueAt = now,
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
