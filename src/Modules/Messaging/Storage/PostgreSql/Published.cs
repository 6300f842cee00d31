using Microsoft.Extensions.Logging;
using ModularChat.Messaging.Storage.Writing;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>What the listener was told, and the only way to it: one call after another, so that no position is told twice or goes back.</summary>
internal sealed partial class Published(int shards, int knownConversations, ICommitListener listener, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly long[] _positions = new long[shards];
    private int _epoch;

    public long this[int shard] => Volatile.Read(ref _positions[shard]);

    /// <summary>Rises when another history begins.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    /// <summary>What is known of conversations, as of what was told.</summary>
    public KnownStates Known { get; } = new(shards, knownConversations);

    public void Begin(long[] positions) => positions.CopyTo(_positions, 0);

    /// <summary>What this process wrote, before it is told.</summary>
    public void Wrote(Guid runId, int shard, long previous, long position, Commit? commit)
    {
        try
        {
            listener.Wrote(runId, shard, previous, position, commit);
        }
        catch (Exception e)
        {
            Log.ListenerFailed(logger, e);
        }
    }

    /// <summary>Tells it when it follows what was told, and no other history has begun.</summary>
    public bool TryTell(Commit commit, int epoch)
    {
        lock (_lock)
        {
            if (_epoch != epoch || _positions[commit.Shard] != commit.PreviousPosition)
            {
                return false;
            }
            Tell(commit);
            return true;
        }
    }

    public void Tell(Commit commit)
    {
        lock (_lock)
        {
            Known.Take(commit);
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
            if (_positions[shard] != position)
            {
                Known.Clear();
                Volatile.Write(ref _positions[shard], position);
            }
        }
    }

    /// <summary>Passes over what one shard did up to a position.</summary>
    public void Skip(int shard, long position)
    {
        lock (_lock)
        {
            Known.Clear();
            Volatile.Write(ref _positions[shard], position);
            listener.Reopened([.. _positions]);
        }
    }

    /// <summary>Another history: these are the positions now, further or back.</summary>
    public void Restart(long[] positions)
    {
        lock (_lock)
        {
            Known.Clear();
            positions.CopyTo(_positions, 0);
            _epoch++;
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
