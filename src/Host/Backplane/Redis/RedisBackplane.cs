using System.Globalization;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Storage;
using ModularChat.Storage.Redis;
using StackExchange.Redis;

namespace ModularChat.Host.Backplane.Redis;

/// <summary>
/// One channel of Redis, which every node publishes to and listens on. Of a cluster all publish to the one server that has the channel's name as a key, because frames of one
/// node must come in their order; it tells the others. Once a second a node sends a frame to itself: when none has come back for a
/// while, whatever the client library believes, the connections are made anew.
/// </summary>
internal sealed partial class RedisBackplane : IBackplane
{
    private const byte EchoForm = 0;

    /// <summary>The client library sends a PUBLISH to any server of a cluster, and each time to another; a script goes where its key is.</summary>
    private const string PublishThere = "redis.call('PUBLISH', KEYS[1], ARGV[1])";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(4);

    private readonly SharedRedis _redis;
    private readonly RedisChannel _channel;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly byte[] _echo = [EchoForm, .. Ids.New().ToByteArray()];
    private readonly CancellationTokenSource _stop = new();
    private Action<ReadOnlyMemory<byte>> _received = _ => { };
    private Task _loop = Task.CompletedTask;
    private long _lastEcho;
    private volatile bool _isAway, _isCluster;

    public RedisBackplane(IOptions<BackplaneOptions> options, TimeProvider time, ILogger<RedisBackplane> logger)
    {
        (_time, _logger, MaxBytes) = (time, logger, options.Value.MaxFrameBytes);
        _redis = new SharedRedis("Backplane:ConnectionString", options.Value.ConnectionString, TimeSpan.FromSeconds(3));
        _channel = new RedisChannel(options.Value.Cluster + ":events", RedisChannel.PatternMode.Literal);
    }

    public int MaxBytes { get; }

    public string Describe() => _isAway
        ? string.Create(CultureInfo.InvariantCulture,
            $"redis does not answer since {_time.GetElapsedTime(Volatile.Read(ref _lastEcho)).TotalSeconds:F0} s: other nodes' messages come later, and what is not kept (typing) stays on its node.")
        : "redis";

    public async Task StartAsync(Action<ReadOnlyMemory<byte>> received, CancellationToken token)
    {
        _received = received;
        if (!await ConnectAsync(token))
        {
            throw new StartupException($"Backplane:ConnectionString: no Redis answers at {_redis.Servers}, or it refuses.");
        }
        Volatile.Write(ref _lastEcho, _time.GetTimestamp());
        _loop = Task.Run(KeepAsync, CancellationToken.None);
    }

    public bool Publish(byte[] frame) =>
        // A server that hangs must not fill the memory: nothing more is given to it until it has answered.
        _time.GetElapsedTime(Volatile.Read(ref _lastEcho)) < Patience / 2 && Send(frame);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await _redis.DisposeAsync();
        _stop.Dispose();
    }

    private bool Send(byte[] frame)
    {
        if (_redis.Connected is not { IsConnected: true } connection)
        {
            return false;
        }
        try
        {
            if (_isCluster)
            {
                connection.GetDatabase().ScriptEvaluate(PublishThere, [(string)_channel!], [frame], CommandFlags.FireAndForget | CommandFlags.NoScriptCache);
            }
            else
            {
                connection.GetSubscriber().Publish(_channel, frame, CommandFlags.FireAndForget);
            }
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            // Lost, as frames may be; the echo tells for how long.
            return false;
        }
    }

    private void Receive(RedisChannel channel, RedisValue value)
    {
        if ((byte[]?)value is not { Length: > 0 } frame)
        {
            return;
        }
        if (frame[0] != EchoForm)
        {
            _received(frame);
        }
        else if (frame.AsSpan().SequenceEqual(_echo))
        {
            Volatile.Write(ref _lastEcho, _time.GetTimestamp());
        }
    }

    private async Task KeepAsync()
    {
        using var timer = new PeriodicTimer(Period, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Send(_echo);
                var isAway = _time.GetElapsedTime(Volatile.Read(ref _lastEcho)) > Patience;
                if (isAway && !_isAway)
                {
                    Log.Lost(_logger);
                }
                else if (!isAway && _isAway)
                {
                    Log.Back(_logger);
                }
                _isAway = isAway;
                if (isAway)
                {
                    await ConnectAgainAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task ConnectAgainAsync()
    {
        await _redis.DropAsync();
        await ConnectAsync(_stop.Token);
        Send(_echo);
        // Its echo has a period's time before the connection counts as lost again.
        await Task.Delay(Period, _time, _stop.Token);
    }

    /// <summary>False when no server answers.</summary>
    private async Task<bool> ConnectAsync(CancellationToken token)
    {
        try
        {
            var connection = await _redis.ConnectAsync(token).WaitAsync(Patience, _time, token);
            _isCluster = Array.Exists(connection.GetEndPoints(), server => connection.GetServer(server) is { IsConnected: true, ServerType: ServerType.Cluster });
            await connection.GetSubscriber().SubscribeAsync(_channel, Receive).WaitAsync(Patience, _time, token);
            await connection.GetSubscriber().PublishAsync(_channel, _echo).WaitAsync(Patience, _time, token);
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            await _redis.DropAsync();
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1111, LogLevel.Warning, "The backplane does not answer; nodes hear of each other's messages later, and of nothing else")]
        public static partial void Lost(ILogger logger);

        [LoggerMessage(1112, LogLevel.Information, "The backplane is back")]
        public static partial void Back(ILogger logger);
    }
}
