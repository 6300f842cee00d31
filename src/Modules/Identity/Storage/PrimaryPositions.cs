namespace ModularChat.Identity.Storage;

/// <summary>
/// Where a database was some seconds ago, so that a replica that lags by more is found out. The clocks of two machines are never
/// compared. While the database is away nothing is written to it, so what was known last goes on to hold.
/// </summary>
internal sealed class PrimaryPositions(IDatabase database, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5), Oldest = TimeSpan.FromSeconds(15);

    private readonly Lock _turn = new();
    private (long Position, long At)? _newest, _before;
    private long? _tried;

    /// <summary>The position that a replica has passed when it lags by less than 15 seconds.</summary>
    public async Task<long> RequiredAsync(CancellationToken token)
    {
        bool isDue;
        lock (_turn)
        {
            isDue = _tried is not { } tried || time.GetElapsedTime(tried) >= Every;
            if (isDue)
            {
                // One asks, the others go on with what is known.
                _tried = time.GetTimestamp();
            }
            if (!isDue && _newest is null)
            {
                throw new AwayException(new TimeoutException("Its position is not known yet."));
            }
        }
        if (isDue)
        {
            var at = time.GetTimestamp();
            try
            {
                var position = await AskAsync(token);
                lock (_turn)
                {
                    (_before, _newest) = (_newest, (position, at));
                }
            }
            catch (AwayException) when (_newest is not null)
            {
                // What was known last.
            }
        }
        lock (_turn)
        {
            return _before is { } before && time.GetElapsedTime(before.At) < Oldest ? before.Position : _newest!.Value.Position;
        }
    }

    /// <summary>Where it is now.</summary>
    /// <exception cref="AwayException">It does not answer.</exception>
    public async Task<long> AskAsync(CancellationToken token)
    {
        try
        {
            await using var db = database.Open();
            return await database.PositionAsync(db, token);
        }
        catch (Exception e) when (database.Judge(e) != Failure.None)
        {
            throw new AwayException(e);
        }
    }
}
