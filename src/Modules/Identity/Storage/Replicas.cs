using Microsoft.Extensions.Logging;

namespace ModularChat.Identity.Storage;

/// <summary>A copy of one of the databases, which follows it.</summary>
internal interface IReplica
{
    /// <summary>What to call it in logs: no secret.</summary>
    string Name { get; }

    IdentityDb Open();

    /// <summary>How far it has followed; null when it follows nobody any more.</summary>
    Task<long?> PositionAsync(IdentityDb db, CancellationToken token);
}

/// <summary>
/// All replicas, asked in turn. One that fails is left out for some seconds and then tried by one reader, whom the others do not wait for; one that lags behind what the reader has to see, or by more
/// than 15 seconds, is passed over. Which database one follows is read from itself.
/// </summary>
internal sealed partial class Replicas(IReadOnlyList<IReplica> all, Databases databases, TimeProvider time, ILogger<Replicas> logger)
{
    private static readonly TimeSpan LeftOut = TimeSpan.FromSeconds(5), Trusted = TimeSpan.FromSeconds(5);

    private readonly Known[] _known = [.. all.Select(replica => new Known(replica))];
    private readonly PrimaryPositions[] _primaries = [.. databases.All.Select(database => new PrimaryPositions(database, time))];
    private int _next;

    public bool IsEmpty => all.Count == 0;

    public OwnWrites Own { get; } = new(databases, 20_000);

    /// <summary>Reads from a replica; false when none can answer, and the database itself has to.</summary>
    public async Task<(bool IsRead, T? Result)> TryReadAsync<T>(int index, Guid readerId, Func<IdentityDb, Task<T>> read, CancellationToken token)
    {
        var now = time.GetTimestamp();
        var first = Interlocked.Increment(ref _next) & int.MaxValue;
        for (var i = 0; i < _known.Length; i++)
        {
            var replica = _known[(first + i) % _known.Length];
            if ((replica.Index is { } follows && follows != index) || !replica.MayTry(time, now))
            {
                continue;
            }
            try
            {
                await using var db = replica.Replica.Open();
                db.ChangeTracker.QueryTrackingBehavior = Microsoft.EntityFrameworkCore.QueryTrackingBehavior.NoTracking;
                replica.Index ??= await SchemaOpener.PlaceAsync(db, token);
                replica.Answered();
                if (replica.Index == index && await HasFollowedAsync(replica, db, index, readerId, token))
                {
                    return (true, await read(db));
                }
            }
            catch (Exception e) when (databases.Directory.Judge(e) != Failure.None || e is AwayException)
            {
                if (e is AwayException)
                {
                    return default;
                }
                Log.Failed(logger, replica.Replica.Name, e);
                replica.Forget(time.GetTimestamp());
            }
        }
        return default;
    }

    private async Task<bool> HasFollowedAsync(Known replica, IdentityDb db, int index, Guid readerId, CancellationToken token)
    {
        var primary = _primaries[index];
        var required = Math.Max(
            await primary.RequiredAsync(token),
            await Own.RequiredAsync(readerId, index, () => primary.AskAsync(token)));
        if (replica.Position >= required && time.GetElapsedTime(replica.Asked) < Trusted)
        {
            return true;
        }
        if (await replica.Replica.PositionAsync(db, token) is not { } position)
        {
            Log.Promoted(logger, replica.Replica.Name);
            replica.Forget(time.GetTimestamp());
            return false;
        }
        (replica.Position, replica.Asked) = (position, time.GetTimestamp());
        return position >= required;
    }

    private sealed class Known(IReplica replica)
    {
        private readonly Lock _gate = new();
        private long? _failed;

        public IReplica Replica => replica;

        /// <summary>The place of the database that it follows; null: not asked yet.</summary>
        public int? Index { get; set; }

        public long Position { get; set; } = -1;

        public long Asked { get; set; }

        /// <summary>False while it is left out; after that true for one reader, until it has answered.</summary>
        public bool MayTry(TimeProvider time, long now)
        {
            lock (_gate)
            {
                if (_failed is not { } failed)
                {
                    return true;
                }
                if (time.GetElapsedTime(failed, now) < LeftOut)
                {
                    return false;
                }
                // One that stands still takes seconds to say nothing: nobody else is to spend them meanwhile.
                _failed = now;
                return true;
            }
        }

        public void Answered()
        {
            lock (_gate)
            {
                _failed = null;
            }
        }

        // What comes back under the same address may be another one.
        public void Forget(long now)
        {
            lock (_gate)
            {
                (_failed, Index, Position) = (now, null, -1);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1206, LogLevel.Warning, "The replica {Name} of the accounts does not answer and is left out for 5 seconds")]
        public static partial void Failed(ILogger logger, string name, Exception e);

        [LoggerMessage(1207, LogLevel.Warning, "The replica {Name} of the accounts follows nobody any more, and is not asked; it may have been made a primary")]
        public static partial void Promoted(ILogger logger, string name);
    }
}

/// <summary>The database itself could not say where it is.</summary>
internal sealed class AwayException(Exception inner) : Exception("The database does not answer.", inner);
