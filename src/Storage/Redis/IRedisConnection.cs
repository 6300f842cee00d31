using System.Net;

namespace ModularChat.Storage.Redis;

/// <summary>
/// One connection to one Redis server, whose commands are done in the order in which they were sent. Narrow, so that another client can stand behind it.
/// </summary>
public interface IRedisConnection : IAsyncDisposable
{
    /// <summary>The server.</summary>
    DnsEndPoint Server { get; }

    /// <summary>False once it is lost: it never comes back.</summary>
    bool IsOpen { get; }

    /// <summary>Sends commands one right after another and waits for all answers, error answers among them.</summary>
    /// <exception cref="RedisLostException">The connection is lost or the answer took too long: what was done is not known.</exception>
    Task<RespValue[]> SendAsync(IReadOnlyList<RespCommand> commands, CancellationToken token);
}

/// <summary>Says how connections are made.</summary>
public interface IRedisConnector
{
    /// <summary>A new connection, with the password given.</summary>
    /// <exception cref="RedisLostException">It cannot be reached.</exception>
    /// <exception cref="RedisErrorException">It does not let us in.</exception>
    Task<IRedisConnection> ConnectAsync(DnsEndPoint server, CancellationToken token);
}

/// <summary>The connection is gone, and with it the answer to what was under way.</summary>
public sealed class RedisLostException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Redis answers with an error: it has not done the command.</summary>
public sealed class RedisErrorException(string message) : Exception(message)
{
    /// <summary>The first word: WRONGPASS, MOVED, NOSCRIPT.</summary>
    public string Code { get; } = message.Split(' ', 2)[0];
}

/// <summary>Short words for single commands.</summary>
public static class RedisConnectionExtensions
{
    /// <summary>Sends one command.</summary>
    /// <exception cref="RedisErrorException">The answer is an error.</exception>
    public static async Task<RespValue> SendAsync(this IRedisConnection connection, RespCommand command, CancellationToken token) =>
        Checked((await connection.SendAsync([command], token))[0]);

    /// <summary>The answer, unless it is an error.</summary>
    /// <exception cref="RedisErrorException">It is.</exception>
    public static RespValue Checked(this RespValue value) => value.Error is { } error ? throw new RedisErrorException(error) : value;
}
