using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>
/// The one connection on which a shard is written. WAIT counts the replicas that have what was written on the very connection that asks: so it
/// goes out right behind each script, and nobody else sends here.
/// </summary>
internal sealed class RedisLink(IRedisConnection connection, string history, int replicas, int waitMilliseconds) : IAsyncDisposable
{
    public bool IsOpen => connection.IsOpen;

    public IRedisConnection Connection => connection;

    /// <summary>The server's replication id as it was when the connection was made: another one means that another history may have begun.</summary>
    public string History => history;

    public bool Waits => replicas > 0;

    /// <summary>Connects and makes sure that it is a server that takes writes.</summary>
    public static async Task<RedisLink> OpenAsync(IRedisConnection connection, int replicas, int waitMilliseconds, CancellationToken token)
    {
        try
        {
            var info = RedisInfo.Parse((await connection.SendAsync(new RespCommand("INFO", "replication"), token)).Text);
            if (info["role"] != "master")
            {
                throw new RedisErrorException("READONLY it is a replica");
            }
            return new RedisLink(connection, info["master_replid"], replicas, waitMilliseconds);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does a script that writes, and has as many replicas as needed confirm it.</summary>
    /// <exception cref="LogUnavailableException">Too few have: it is written, but must not be relied upon.</exception>
    public async Task<RespValue> RunAsync(RedisScript script, RespCommand command, CancellationToken token)
    {
        var answers = await SendAsync([command], token);
        if (answers[0].Error?.StartsWith("NOSCRIPT", StringComparison.Ordinal) == true)
        {
            await script.LoadAsync(connection, token);
            answers = await SendAsync([command], token);
        }
        return Confirmed(answers)[0].Checked();
    }

    /// <summary>Does commands that write, likewise.</summary>
    public async Task<RespValue[]> RunAsync(IReadOnlyList<RespCommand> commands, CancellationToken token) => Confirmed(await SendAsync(commands, token));

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private Task<RespValue[]> SendAsync(IReadOnlyList<RespCommand> commands, CancellationToken token) =>
        connection.SendAsync(Waits ? [.. commands, new RespCommand("WAIT").Add(replicas).Add(waitMilliseconds)] : commands, token);

    private RespValue[] Confirmed(RespValue[] answers)
    {
        if (!Waits || answers[..^1].All(a => a.Error is not null))
        {
            return answers;
        }
        return answers[^1].Checked().Number >= replicas
            ? answers[..^1]
            : throw new LogUnavailableException("Too few replicas of Redis have confirmed a write; it is not known whether it will stay.");
    }
}
