using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Storage;
using StackExchange.Redis;

namespace ModularChat.Host.Backplane.Redis;

/// <summary>
/// One channel of Redis, which every node publishes to and listens on. Once a second a node sends a frame to itself: when none has come back for a
/// while, whatever the client library believes, the connections are made anew.
/// </summary>
internal sealed partial class RedisBackplane : IBackplane
{
    private const byte EchoForm = 0;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(4);

    private readonly ConfigurationOptions _settings;
    private readonly RedisChannel _channel;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly byte[] _echo = [EchoForm, .. Ids.New().ToByteArray()];
    private readonly CancellationTokenSource _stop = new();
    private Action<ReadOnlyMemory<byte>> _received = _ => { };
    private volatile ConnectionMultiplexer? _connection;
    private Task _loop = Task.CompletedTask;
    private long _lastEcho;
    private volatile bool _isAway;

    public RedisBackplane(IOptions<BackplaneOptions> options, TimeProvider time, ILogger<RedisBackplane> logger)
    {
        (_time, _logger, MaxBytes) = (time, logger, options.Value.MaxFrameBytes);
        try
        {
            _settings = ConfigurationOptions.Parse(options.Value.ConnectionString);
        }
        catch (ArgumentException)
        {
            // Its message may show a part of the text, and with it a password.
            throw new StartupException("Backplane:ConnectionString is not one of Redis: host:port,host:port and settings of StackExchange.Redis behind them.");
        }
        if (_settings.EndPoints.Count == 0)
        {
            throw new StartupException("Backplane:Engine is 'redis', but Backplane:ConnectionString names no server.");
        }
        _settings.AbortOnConnectFail = false;
        _settings.ConfigCheckSeconds = 2;
        _settings.ConnectTimeout = _settings.SyncTimeout = 3_000;
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
        var connection = await ConnectAsync(token);
        if (connection is null)
        {
            throw new StartupException($"Backplane:ConnectionString: no Redis answers at {string.Join(", ", _settings.EndPoints.Select(Name))}, or it refuses.");
        }
        _connection = connection;
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
        await DropAsync();
        _stop.Dispose();
    }

    private bool Send(byte[] frame)
    {
        if (_connection is not { IsConnected: true } connection)
        {
            return false;
        }
        try
        {
            connection.GetSubscriber().Publish(_channel, frame, CommandFlags.FireAndForget);
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
        await DropAsync();
        _connection = await ConnectAsync(_stop.Token);
        Send(_echo);
        // Its echo has a period's time before the connection counts as lost again.
        await Task.Delay(Period, _time, _stop.Token);
    }

    /// <summary>Null when no server answers.</summary>
    private async Task<ConnectionMultiplexer?> ConnectAsync(CancellationToken token)
    {
        ConnectionMultiplexer? connection = null;
        try
        {
            connection = await ConnectionMultiplexer.ConnectAsync(_settings).WaitAsync(Patience, _time, token);
            await connection.GetSubscriber().SubscribeAsync(_channel, Receive).WaitAsync(Patience, _time, token);
            await connection.GetSubscriber().PublishAsync(_channel, _echo).WaitAsync(Patience, _time, token);
            return connection;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            connection?.Dispose();
            return null;
        }
    }

    private static string Name(EndPoint server) =>
        server is DnsEndPoint host ? string.Create(CultureInfo.InvariantCulture, $"{host.Host}:{host.Port}") : server.ToString() ?? "";

    private async Task DropAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.CloseAsync(allowCommandsToComplete: false);
            connection.Dispose();
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
