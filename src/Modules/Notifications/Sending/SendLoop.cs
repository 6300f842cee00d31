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
    PushQueue queue, Sender sender, SendSignal signal, SendPace pace, PushStore store, IOptions<NotificationsOptions> options, TimeProvider time, ILogger<SendLoop> logger) : BackgroundService
{
    private const int MostServices = 10_000, MostSettled = 500;
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(2), Shortest = TimeSpan.FromMilliseconds(5), Pause = TimeSpan.FromSeconds(1), ReleaseEvery = TimeSpan.FromSeconds(10);

    /// <summary>Pushes whose making hangs hold up the others for no longer.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

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
        for (var i = 0; i < 800 && Volatile.Read(ref _underWay) > 0; i++)
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
        var begun = time.GetTimestamp();
        var claimed = await queue.ClaimAsync(room, options.Value.Parallel, TimeSpan.FromSeconds(options.Value.TimeoutSeconds + 30), token);
        pace.Worked(time.GetElapsedTime(begun));
        foreach (var push in claimed)
        {
            Service(push).Begin(1);
            Interlocked.Increment(ref _underWay);
        }
        foreach (var together in claimed.Chunk(SendPace.Together))
        {
            var making = MakeAsync(together, token);
            if (pace.IsShared)
            {
                await Task.WhenAny(making, Task.Delay(LongestWait, TimeProvider.System, token));
                await pace.RestAsync(token);
            }
        }
        return claimed.Count > 0;
    }

    private Service Service(ClaimedPush push) => _services.GetOrAdd(push.Row.Provider, _ => new Service(options.Value, time));

    /// <summary>Makes what is sent, and begins to send it; does not wait for answers.</summary>
    private async Task MakeAsync(ClaimedPush[] pushes, CancellationToken token)
    {
        // One after another on one processor while others need them, otherwise on all that there are.
        var isShared = pace.IsShared;
        await Task.Yield();
        PreparedPush[] prepared = [];
        try
        {
            var begun = time.GetTimestamp();
            prepared = await sender.PrepareAsync(pushes, token);
            pace.Worked(time.GetElapsedTime(begun));
        }
        catch (OperationCanceledException)
        {
            // The process stops.
        }
        catch (Exception e)
        {
            Log.Failed(logger, e);
        }
        foreach (var one in prepared)
        {
            if (isShared)
            {
                await pace.GiveWayAsync(CancellationToken.None);
            }
            // Until it waits for the answer.
            var begun = time.GetTimestamp();
            _ = SendAsync(one, isShared, token);
            pace.Worked(time.GetElapsedTime(begun));
        }
        foreach (var push in pushes.Skip(prepared.Length))
        {
            // The claim runs out, and it is sent again.
            Service(push).End();
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task SendAsync(PreparedPush push, bool isShared, CancellationToken token)
    {
        try
        {
            if (!isShared)
            {
                await Task.Yield();
            }
            _outcomes.Writer.TryWrite(await sender.SendAsync(push, Service(push.Push), token));
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
                    await pace.GiveWayAsync(CancellationToken.None);
                    var begun = time.GetTimestamp();
                    await queue.SettleAsync(batch, CancellationToken.None);
                    pace.Worked(time.GetElapsedTime(begun));
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
