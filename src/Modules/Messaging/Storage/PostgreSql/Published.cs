using Microsoft.Extensions.Logging;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>What the listener was told, and the only way to it: one call after another, so that no position is told twice or goes back.</summary>
internal sealed partial class Published(int shards, ICommitListener listener, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly long[] _positions = new long[shards];

    public long this[int shard] => Volatile.Read(ref _positions[shard]);

    public void Begin(long[] positions) => positions.CopyTo(_positions, 0);

    public void Tell(Commit commit)
    {
        lock (_lock)
        {
            try
            {
                listener.Committed(commit);
            }
            catch (Exception e)
            {
                // It is on disk whatever a listener does; the callers must hear so.
                Log.ListenerFailed(logger, e);
            }
            Volatile.Write(ref _positions[commit.Shard], commit.Position);
        }
    }

    /// <summary>A shard that is not read here has come this far, or begins anew.</summary>
    public void Move(int shard, long position)
    {
        lock (_lock)
        {
            Volatile.Write(ref _positions[shard], position);
        }
    }

    /// <summary>Passes over what one shard did up to a position.</summary>
    public void Skip(int shard, long position)
    {
        lock (_lock)
        {
            Volatile.Write(ref _positions[shard], position);
            listener.Reopened([.. _positions]);
        }
    }

    /// <summary>Another history: these are the positions now, further or back.</summary>
    public void Restart(long[] positions)
    {
        lock (_lock)
        {
            positions.CopyTo(_positions, 0);
            listener.Reopened([.. positions]);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2003, LogLevel.Error, "A listener failed on a commit of the message log")]
        public static partial void ListenerFailed(ILogger logger, Exception exception);
    }
}

/// <summary>The committed position of each shard.</summary>
internal static class Positions
{
    public static async Task<long[]> ReadAsync(NpgsqlConnection connection, int shards, CancellationToken token)
    {
        var positions = new long[shards];
        await using var command = new NpgsqlCommand("SELECT shard, position FROM shard", connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            positions[reader.GetInt32(0)] = reader.GetInt64(1);
        }
        return positions;
    }
}
