using System.Text.Json;
using System.Threading.Channels;
using ModularChat.Contracts;
using ModularChat.Host.Backplane;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>Events for handlers that run once in the cluster and whose module is not loaded here, on their way to a node that has it.</summary>
internal sealed partial class OnceQueue(OnceHandlers handlers, LoadedModules loaded, ILogger<OnceQueue> logger)
{
    private const int MostWaiting = 10_000;

    private readonly Channel<(OnceHandler Handler, byte[] Body)> _waiting = Channel.CreateBounded<(OnceHandler, byte[])>(MostWaiting);

    public ChannelReader<(OnceHandler Handler, byte[] Body)> Reader => _waiting.Reader;

    public void Add(IClusterEvent happened)
    {
        foreach (var handler in handlers.Of(happened))
        {
            if (!loaded.Loads(handler.Module) && !_waiting.Writer.TryWrite((handler, JsonSerializer.SerializeToUtf8Bytes(happened, handler.Event, WireJson.Options))))
            {
                Log.TooMany(logger, handler.Name);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1261, LogLevel.Error, "{Event} is handled by no node: too many wait for one")]
        public static partial void TooMany(ILogger logger, string @event);
    }
}

/// <summary>
/// Has another node run what runs once in the cluster, where its module is not loaded here. Nobody waits for it: the event has happened. It is tried for a minute, and is lost
/// with this process; whoever cannot bear that reads the store.
/// </summary>
internal sealed partial class OnceElsewhere(OnceQueue queue, NodeCalls calls, TimeProvider time, ILogger<OnceElsewhere> logger) : BackgroundService
{
    private const int AtOnce = 4;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1), Most = TimeSpan.FromSeconds(10), Shortest = TimeSpan.FromMilliseconds(250), Slowest = TimeSpan.FromSeconds(4);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Parallel.ForEachAsync(
            queue.Reader.ReadAllAsync(stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken },
            async (item, token) => await DeliverAsync(item.Handler, item.Body, token));

    private async Task DeliverAsync(OnceHandler handler, byte[] body, CancellationToken token)
    {
        var began = time.GetTimestamp();
        for (var pause = Shortest; ; pause = pause * 2 < Slowest ? pause * 2 : Slowest)
        {
            try
            {
                // Such handlers are idempotent, so another node may be asked when one is lost.
                await calls.AskAsync(handler.Module, "event/" + handler.Name, body, owned: null, isRepeatable: true, Most, token);
                return;
            }
            catch (ChatException e) when (e.Code.Retryable && time.GetElapsedTime(began) < Longest)
            {
                await Task.Delay(pause, time, token);
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                Log.Lost(logger, handler.Name, e.Message);
                return;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1260, LogLevel.Error, "{Event} was handled by no node: {Reason}")]
        public static partial void Lost(ILogger logger, string @event, string reason);
    }
}

/// <summary>Events go to all other nodes, and to one where that is what a handler wants.</summary>
internal sealed class SplitSender(ClusterEvents all, OnceQueue once) : IEventSender
{
    public void Send(IClusterEvent happened)
    {
        all.Send(happened);
        once.Add(happened);
    }
}
