using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Threading.Channels;
using ModularChat.Contracts;
using ModularChat.Host.Dispatch;

namespace ModularChat.Host.Backplane;

/// <summary>
/// Events to and from other nodes. What comes is handled one after another, in the order in which it came; what handlers of such an event publish stays
/// here, because every node runs them.
/// </summary>
internal sealed partial class ClusterEvents : BackgroundService, IEventSender
{
    private const int MostWaiting = 100_000;

    private static readonly AsyncLocal<bool> IsFromElsewhere = new();

    private readonly IBackplane _backplane;
    private readonly EventTypes _types;
    private readonly IServiceProvider _services;
    private readonly IStaysHere[] _staying;
    private readonly ILogger<ClusterEvents> _logger;
    private readonly Guid _self = Ids.New();
    private readonly Channel<ReadOnlyMemory<byte>> _received =
        Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly Counter<long> _sent, _handled, _passedOver;

    public ClusterEvents(
        IBackplane backplane, EventTypes types, IServiceProvider services, IEnumerable<IStaysHere> staying, Telemetry telemetry, ILogger<ClusterEvents> logger)
    {
        (_backplane, _types, _services, _staying, _logger) = (backplane, types, services, [.. staying], logger);
        _sent = telemetry.Count("modularchat.backplane.sent", "Events sent to other nodes.");
        _handled = telemetry.Count("modularchat.backplane.handled", "Events of other nodes that were handled.");
        _passedOver = telemetry.Count("modularchat.backplane.passed_over", "Frames that could not be sent, or were not understood.");
    }

    public void Send(IClusterEvent happened)
    {
        if (_backplane.MaxBytes == 0 || IsFromElsewhere.Value || Array.Exists(_staying, s => s.StaysHere(happened)))
        {
            return;
        }
        var type = _types.Of(happened);
        var frame = BackplaneFrame.Write(_self, type.Name, JsonSerializer.SerializeToUtf8Bytes(happened, type.Json));
        if (frame.Length <= _backplane.MaxBytes && _backplane.Publish(frame))
        {
            _sent.Add(1);
        }
        else
        {
            _passedOver.Add(1);
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await _backplane.StartAsync(Receive, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        IsFromElsewhere.Value = true;
        await foreach (var frame in _received.Reader.ReadAllAsync(stoppingToken))
        {
            if (Read(frame.Span, out var type) is not { } happened)
            {
                // Garbage, or of a node of another version.
                _passedOver.Add(1);
                continue;
            }
            _handled.Add(1);
            foreach (var handle in type!.Handlers(happened, _services))
            {
                await RunAsync(handle, stoppingToken);
            }
        }
    }

    internal void Receive(ReadOnlyMemory<byte> frame)
    {
        // Own frames come back too.
        if (BackplaneFrame.TryRead(frame.Span, out var sender, out _, out _) && sender == _self)
        {
            return;
        }
        if (!_received.Writer.TryWrite(frame))
        {
            _passedOver.Add(1);
        }
    }

    private object? Read(ReadOnlySpan<byte> frame, out EventType? type)
    {
        type = BackplaneFrame.TryRead(frame, out _, out var name, out var json) ? _types.Find(name) : null;
        if (type is null)
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(json, type.Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task RunAsync(Func<CancellationToken, Task> handle, CancellationToken token)
    {
        try
        {
            await handle(token);
        }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            Log.HandlerFailed(_logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1101, LogLevel.Error, "A handler of an event from another node failed; the others went on")]
        public static partial void HandlerFailed(ILogger logger, Exception exception);
    }
}
