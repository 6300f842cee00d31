using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery.Draining;
using ModularChat.Discovery.Nodes;
using ModularChat.Storage;

namespace ModularChat.Discovery.Registry;

/// <summary>Keeps this node in the registry and the table of nodes up to date. Nobody waits for it but the start, which takes the node's place.</summary>
internal sealed partial class RegistryLoop(
    INodeRegistry registry, ThisNode self, NodeTable table, KnownNodes known, RegistryState state, Wake wake, DrainWishes wishes, IMediator mediator,
    IOptions<DiscoveryOptions> options, TimeProvider time, ILogger<RegistryLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1), TakeAgain = TimeSpan.FromMilliseconds(250), Leaving = TimeSpan.FromSeconds(2);

    private Written? _written;
    private bool _askedToDrain;

    private sealed record Written(NodeRecord Record, long At);

    /// <summary>Takes the node's place.</summary>
    /// <exception cref="StartupException">Another process has it and keeps it.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        // The place of a process that was killed is free when its session is over; one that lives keeps it longer.
        var longest = TimeSpan.FromSeconds(options.Value.SessionSeconds + 3);
        try
        {
            while (!await KeepAsync(cancellationToken))
            {
                if (time.GetElapsedTime(began) > longest)
                {
                    throw new StartupException(
                        $"Another process has the node id '{self.Now.Id}' in the registry and is alive: give this one another Discovery:Node:Id.");
                }
                await Task.Delay(TakeAgain, time, cancellationToken);
            }
            Answered(isOurs: true);
        }
        catch (RegistryAwayException away)
        {
            Lost(away);
        }
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Gives the place up, so that nobody is sent here any more.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var soon = new CancellationTokenSource(Leaving, time);
        try
        {
            await registry.LeaveAsync(Place(isNew: false), soon.Token);
        }
        catch (Exception e) when (e is RegistryAwayException or OperationCanceledException)
        {
            // Then its session ends by itself.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TickAsync(stoppingToken);
            }
            catch (RegistryAwayException away)
            {
                Lost(away);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
            await WaitAsync(stoppingToken);
        }
    }

    internal async Task TickAsync(CancellationToken token)
    {
        var isOurs = await KeepAsync(token);
        var written = await registry.ReadAsync(token);
        Answered(isOurs);
        table.Replace(known.Read(written));
        await wishes.DeliverAsync(registry, token);
        var me = self.Now;
        if (isOurs && !_askedToDrain && await registry.IsAskedToDrainAsync(me.Id, me.Instance, token))
        {
            _askedToDrain = true;
            Log.AskedToDrain(logger);
            await mediator.Publish(new NodeAskedToDrain(me.Id), token);
        }
    }

    private async Task<bool> KeepAsync(CancellationToken token)
    {
        var now = self.Now;
        var isNew = IsWorthWriting(now);
        var isOurs = await registry.KeepAsync(Place(isNew), token);
        _written = !isOurs ? null : isNew ? new Written(now, time.GetTimestamp()) : _written;
        return isOurs;
    }

    private NodePlace Place(bool isNew)
    {
        var now = self.Now;
        return new NodePlace(now.Id, now.Instance, now.Write(), isNew);
    }

    /// <summary>Load is told at most once a second, when it has changed much; a little change waits for ten.</summary>
    private bool IsWorthWriting(NodeRecord now)
    {
        if (_written is not { } written || written.Record.State != now.State || written.Record.Version != now.Version || written.Record.InternalUrl != now.InternalUrl)
        {
            return true;
        }
        var (then, load) = (written.Record.Load, now.Load);
        var since = time.GetElapsedTime(written.At);
        var isMuch = Math.Abs(load.Connections - then.Connections) >= Math.Max(1, now.Capacity / 500)
            || Math.Abs(load.Cpu - then.Cpu) >= 0.1 || Math.Abs(load.Queue - then.Queue) >= 100;
        return load != then && (isMuch ? since >= Period : since >= 10 * Period);
    }

    private void Answered(bool isOurs)
    {
        var (wasLost, hasTurned) = state.Answered(isOurs);
        if (wasLost)
        {
            known.Returned();
            Log.Returned(logger);
        }
        if (hasTurned && !isOurs)
        {
            Log.Taken(logger, self.Now.Id);
        }
    }

    private void Lost(RegistryAwayException away)
    {
        // What was written may be gone with it.
        _written = null;
        if (state.Lost())
        {
            Log.Lost(logger, away.Message);
        }
    }

    private async Task WaitAsync(CancellationToken token)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token);
        Task[] any = [Task.Delay(Period, time, either.Token), wake.WaitAsync(either.Token), registry.ChangedAsync(either.Token)];
        await Task.WhenAny(any);
        await either.CancelAsync();
        await Task.WhenAll(any).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static partial class Log
    {
        [LoggerMessage(6010, LogLevel.Warning, "The registry does not answer: {Reason} Serving goes on with the nodes that were known last")]
        public static partial void Lost(ILogger logger, string reason);

        [LoggerMessage(6011, LogLevel.Information, "The registry answers again")]
        public static partial void Returned(ILogger logger);

        [LoggerMessage(6012, LogLevel.Error, "Another process has the node id {Node} in the registry: this one is recommended to nobody until the other is gone. Give one of them another Discovery:Node:Id")]
        public static partial void Taken(ILogger logger, string node);

        [LoggerMessage(6013, LogLevel.Error, "Reading the registry failed.")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(6014, LogLevel.Information, "This node was asked to drain")]
        public static partial void AskedToDrain(ILogger logger);
    }
}
