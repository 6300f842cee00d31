using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Notifications.Providers;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Sending;

/// <summary>
/// Takes what is due and sends it, so many at once to each service; what became of it is written down in as few transactions as there is time for. A service that is slow or
/// down holds up its own pushes only.
/// </summary>
internal sealed partial class SendLoop(
    PushQueue queue, Sender sender, SendSignal signal, PushStore store, IOptions<NotificationsOptions> options, TimeProvider time, ILogger<SendLoop> logger) : BackgroundService
{
    private const int MostServices = 10_000, MostSettled = 500;
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(2), Shortest = TimeSpan.FromMilliseconds(20), Pause = TimeSpan.FromSeconds(1), ReleaseEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Service> _services = new(StringComparer.Ordinal);
    private readonly Channel<Outcome> _outcomes = Channel.CreateUnbounded<Outcome>(new UnboundedChannelOptions { SingleReader = true });
    private long _released;
    private int _underWay;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var settling = SettleAsync();
        var isFirst = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (isFirst || time.GetElapsedTime(_released) >= ReleaseEvery)
                {
                    _released = time.GetTimestamp();
                    await queue.ReleaseAsync(isAll: isFirst && !store.Database.IsShared, stoppingToken);
                    isFirst = false;
                }
                if (!await RoundAsync(stoppingToken))
                {
                    await SleepAsync(stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                Log.Failed(logger, e);
                await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
            }
        }
        // What is under way comes to its end, and what came of it is written down.
        for (var i = 0; i < 200 && Volatile.Read(ref _underWay) > 0; i++)
        {
            await Task.Delay(Shortest, TimeProvider.System, CancellationToken.None);
        }
        _outcomes.Writer.TryComplete();
        await settling;
    }

    /// <summary>Claims what there is room for, and begins it. False: there was nothing.</summary>
    private async Task<bool> RoundAsync(CancellationToken token)
    {
        var room = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, service) in _services)
        {
            if (service.IsIdle && _services.Count > MostServices)
            {
                _services.TryRemove(name, out _);
                continue;
            }
            room[name] = service.Room;
        }
        var claimed = await queue.ClaimAsync(room, options.Value.Parallel, TimeSpan.FromSeconds(options.Value.TimeoutSeconds + 30), token);
        foreach (var push in claimed)
        {
            var service = _services.GetOrAdd(push.Row.Provider, _ => new Service(options.Value, time));
            service.Begin(1);
            Interlocked.Increment(ref _underWay);
            _ = SendAsync(push, service, token);
        }
        return claimed.Count > 0;
    }

    private async Task SendAsync(ClaimedPush push, Service service, CancellationToken token)
    {
        try
        {
            await Task.Yield();
            _outcomes.Writer.TryWrite(await sender.SendAsync(push, service, token));
        }
        catch (OperationCanceledException)
        {
            // The process stops: the claim runs out, and it is sent again.
        }
        catch (Exception e)
        {
            Log.Failed(logger, e);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
            signal.Ring();
        }
    }

    private async Task SleepAsync(CancellationToken token)
    {
        var next = await queue.NextAsync(token);
        var wait = next is { } at ? at - time.GetUtcNow() : LongestSleep;
        // Due, but there was no room: an end rings.
        wait = wait <= TimeSpan.Zero || wait > LongestSleep ? LongestSleep : wait;
        await signal.WaitAsync(wait, time, token);
        // Ends that come close together are one look at the queue.
        await Task.Delay(Shortest, TimeProvider.System, token);
    }

    private async Task SettleAsync()
    {
        var batch = new List<Outcome>();
        while (await _outcomes.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (batch.Count < MostSettled && _outcomes.Reader.TryRead(out var outcome))
            {
                batch.Add(outcome);
            }
            for (var attempt = 0; batch.Count > 0; attempt++)
            {
                try
                {
                    await queue.SettleAsync(batch, CancellationToken.None);
                    batch.Clear();
                }
                catch (Exception e)
                {
                    Log.NotSettled(logger, e);
                    if (attempt == 5)
                    {
                        // The claims run out, and they are sent again: the one thing that a database that is away costs.
                        batch.Clear();
                    }
                    await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
                }
            }
            signal.Ring();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7022, LogLevel.Warning, "Sending pushes failed; it goes on in a second")]
        public static partial void Failed(ILogger logger, Exception e);

        [LoggerMessage(7023, LogLevel.Warning, "What became of pushes could not be written down; it is tried again")]
        public static partial void NotSettled(ILogger logger, Exception e);
    }
}
