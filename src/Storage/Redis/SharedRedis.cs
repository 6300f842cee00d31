using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace ModularChat.Storage.Redis;

/// <summary>
/// A Redis server or cluster for the small things that nodes share: who is there, which nodes there are, events on their way. The connection is made when it is first
/// needed, is one for all who ask, and comes back by itself.
/// </summary>
public sealed class SharedRedis : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ConfigurationOptions _settings;
    private Task<ConnectionMultiplexer>? _connecting;

    /// <summary>Reads the connection string; connects to nothing.</summary>
    /// <param name="setting">The name of the setting, for messages: <c>Presence:ConnectionString</c>.</param>
    /// <param name="connectionString"><c>host:port,host:port</c> and settings of StackExchange.Redis behind them.</param>
    /// <param name="timeout">For a connection, and for an answer.</param>
    /// <exception cref="StartupException">What is wrong with it; shows nothing of the text, as a password is in it.</exception>
    public SharedRedis(string setting, string connectionString, TimeSpan timeout)
    {
        try
        {
            _settings = ConfigurationOptions.Parse(connectionString);
        }
        catch (ArgumentException)
        {
            throw new StartupException($"{setting} is not one of Redis: host:port,host:port and settings of StackExchange.Redis behind them.");
        }
        if (_settings.EndPoints.Count == 0)
        {
            throw new StartupException($"{setting} names no server of Redis.");
        }
        _settings.AbortOnConnectFail = false;
        _settings.ConfigCheckSeconds = 2;
        _settings.ConnectTimeout = _settings.SyncTimeout = (int)timeout.TotalMilliseconds;
    }

    /// <summary>The servers, for a message.</summary>
    public string Servers => string.Join(", ", _settings.EndPoints.Select(Name));

    /// <summary>False while it was never needed, and while it is known to be away.</summary>
    public bool IsConnected => Connected is { IsConnected: true };

    /// <summary>The connection; null while there is none.</summary>
    public ConnectionMultiplexer? Connected
    {
        get
        {
            lock (_gate)
            {
                return _connecting is { IsCompletedSuccessfully: true } there ? Made(there) : null;
            }
        }
    }

    /// <summary>The connection, made when there is none; the server may be away all the same.</summary>
    /// <exception cref="RedisException">It could not be made.</exception>
    public Task<ConnectionMultiplexer> ConnectAsync(CancellationToken token)
    {
        lock (_gate)
        {
            if (_connecting is null or { IsCompleted: true, IsCompletedSuccessfully: false })
            {
                _connecting = ConnectionMultiplexer.ConnectAsync(_settings);
            }
            return _connecting.WaitAsync(token);
        }
    }

    /// <summary>Asks the server.</summary>
    /// <exception cref="RedisAwayException">It does not answer, or refuses.</exception>
    public async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask, CancellationToken token)
    {
        try
        {
            return await ask((await ConnectAsync(token)).GetDatabase()).WaitAsync(token);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // Its messages hold addresses, keys and commands, but no password.
            throw new RedisAwayException(e is RedisServerException ? $"Redis refuses: {e.Message}." : "Redis does not answer.", e);
        }
    }

    /// <summary>Closes the connection; the next who asks makes a new one.</summary>
    public async Task DropAsync()
    {
        Task<ConnectionMultiplexer>? dropped;
        lock (_gate)
        {
            (dropped, _connecting) = (_connecting, null);
        }
        if (dropped is null)
        {
            return;
        }
        try
        {
            var connection = await dropped;
            await connection.CloseAsync(allowCommandsToComplete: false);
            connection.Dispose();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            // It never was there, or is gone already.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await DropAsync();

    private static string Name(EndPoint server) =>
        server is DnsEndPoint host ? string.Create(CultureInfo.InvariantCulture, $"{host.Host}:{host.Port}") : server.ToString() ?? "";

    // Called when it has been made: does not wait.
    private static ConnectionMultiplexer Made(Task<ConnectionMultiplexer> there) => there.GetAwaiter().GetResult();
}

/// <summary>Redis does not answer, or refuses.</summary>
/// <param name="message">One sentence; shows no password.</param>
/// <param name="inner">What happened.</param>
public sealed class RedisAwayException(string message, Exception inner) : Exception(message, inner);
