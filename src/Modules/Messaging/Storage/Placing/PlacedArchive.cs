using Microsoft.Extensions.Logging;

namespace ModularChat.Messaging.Storage.Placing;

internal sealed partial class PlacedLog
{
    /// <summary>The databases, in the order of the settings.</summary>
    public IReadOnlyList<ILogDatabase> Databases => _databases;

    /// <summary>For each shard the index of its database.</summary>
    public int[] Owners => [.. _gates.Select(g => IndexOf(g.Database))];

    public ValueTask<LogSeed> GetSeedAsync(CancellationToken token) =>
        new(new LogSeed(Info.LogId, Info.Key, Info.ShardCount, _runs, [.. Enumerable.Range(0, _gates.Length)]));

    public ValueTask<ShardRow> GetShardAsync(int shard, CancellationToken token) => _gates[shard].Database.GetShardAsync(shard, token);

    public ValueTask SetShardAsync(ShardRow row, CancellationToken token) => _gates[row.Shard].Database.SetShardAsync(row, token);

    public async ValueTask SetRunsAsync(IReadOnlyList<RunRow> runs, CancellationToken token)
    {
        foreach (var database in _databases)
        {
            await database.SetRunsAsync(runs, token);
        }
        await MergeRunsAsync(token);
    }

    public ValueTask<IReadOnlyList<Membership>> ReadConversationsAsync(int shard, Guid after, int limit, CancellationToken token) =>
        _gates[shard].Database.ReadConversationsAsync(shard, after, limit, token);

    public ValueTask<IReadOnlyList<EntryRow>> ReadEntryRowsAsync(Guid conversationId, long from, int limit, CancellationToken token) =>
        At(conversationId).ReadEntryRowsAsync(conversationId, from, limit, token);

    public ValueTask<IReadOnlyList<Guid>> ReadChangesAsync(int shard, long afterPosition, CancellationToken token) =>
        _gates[shard].Database.ReadChangesAsync(shard, afterPosition, token);

    public ValueTask<IReadOnlyList<(Guid UserId, Guid ConversationId)>> ReadUserIndexAsync(int shard, Guid afterUser, Guid afterConversation, int limit, CancellationToken token) =>
        _gates[shard].Database.ReadUserIndexAsync(shard, afterUser, afterConversation, limit, token);

    public async ValueTask WriteRowsAsync(IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries, CancellationToken token)
    {
        // Rows of one shard come together, so a call is one database's.
        foreach (var part in conversations.Select(c => c.Head.ConversationId).Concat(entries.Select(e => e.ConversationId)).Distinct().GroupBy(At, ReferenceEqualityComparer.Instance))
        {
            var ids = part.ToHashSet();
            await ((ILogDatabase)part.Key!).WriteRowsAsync(
                [.. conversations.Where(c => ids.Contains(c.Head.ConversationId))], [.. entries.Where(e => ids.Contains(e.ConversationId))], token);
        }
    }

    public ValueTask DropShardAsync(int shard, CancellationToken token) => _gates[shard].Database.DropShardAsync(shard, token);

    public async ValueTask<long> GetSizeAsync(CancellationToken token)
    {
        var size = 0L;
        foreach (var database in _databases)
        {
            size += await database.GetSizeAsync(token);
        }
        return size;
    }

    /// <summary>Writes to a shard wait in their order from now on.</summary>
    internal void Close(int shard) => _gates[shard].Close();

    /// <summary>Writes to a shard go on, here.</summary>
    internal void Open(int shard, ILogDatabase database)
    {
        _listener.Place(shard, database);
        _gates[shard].Open(database);
    }

    /// <summary>
    /// Ends a move of a closed shard, which is opened where it lies then. While the databases do not answer it is tried again beside everything else, until
    /// they do or the log is closed; writes to the shard are refused as retryable meanwhile.
    /// </summary>
    /// <returns>The database that holds the shard.</returns>
    /// <exception cref="LogUnavailableException">It could not be ended now, and goes on by itself.</exception>
    internal async Task<ILogDatabase> SettleAsync(int shard, Func<CancellationToken, Task<ILogDatabase>> settle, Exception? reason, ILogger logger)
    {
        try
        {
            return await OpenAsync();
        }
        catch (Exception e)
        {
            Log.NotSettled(logger, reason ?? e, shard);
            var again = SettleLaterAsync(shard, OpenAsync, logger);
            lock (_settling)
            {
                _settling.Add(again);
            }
            throw new LogUnavailableException($"The move of shard {shard} could not be ended, since the databases do not answer; it is ended by itself when they do.", reason ?? e);
        }

        async Task<ILogDatabase> OpenAsync()
        {
            var owner = await settle(_closing.Token);
            Open(shard, owner);
            return owner;
        }
    }

    private async Task SettleLaterAsync(int shard, Func<Task<ILogDatabase>> open, ILogger logger)
    {
        while (true)
        {
            await Task.Delay(RefreshPeriod, _time, _closing.Token);
            try
            {
                var owner = await open();
                Log.Settled(logger, shard, IndexOf(owner));
                return;
            }
            catch (Exception e) when (!_closing.IsCancellationRequested)
            {
                Log.StillNotSettled(logger, shard, e.Message);
            }
        }
    }

    /// <summary>Brings the runs of all databases to the same list.</summary>
    internal async Task MergeRunsAsync(CancellationToken token)
    {
        await _refreshing.WaitAsync(token);
        try
        {
            var runs = new List<IReadOnlyList<RunRow>>();
            foreach (var database in _databases)
            {
                runs.Add((await database.GetSeedAsync(token)).Runs);
            }
            var merged = MergedRuns.Merge(runs, Owners, await GetPositionsAsync(token));
            for (var i = 0; i < runs.Count; i++)
            {
                if (!MergedRuns.AreSame(runs[i], merged))
                {
                    await _databases[i].SetRunsAsync(merged, token);
                }
            }
            _runs = merged;
            _info = _databases[0].Info with { RunId = merged.Count > 0 ? merged[^1].Id : _databases[0].Info.RunId };
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Asks the databases where the shards are, for what another process has moved.</summary>
    private async Task PlaceAsync(CancellationToken token)
    {
        var owners = await Placement.ReadAsync(_databases, token);
        for (var shard = 0; shard < owners.Length; shard++)
        {
            // One that this process is moving is opened by the move.
            if (owners[shard] >= 0 && !_gates[shard].IsClosed)
            {
                Open(shard, _databases[owners[shard]]);
            }
        }
    }

    private void Refresh()
    {
        if (Interlocked.Exchange(ref _isRefreshing, 1) == 0)
        {
            _ = RefreshAsync();
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            await Task.Delay(RefreshPause, _time, CancellationToken.None);
            await PlaceAsync(CancellationToken.None);
            if (_databases.Any(d => d.Info.RunId != _info.RunId))
            {
                await MergeRunsAsync(CancellationToken.None);
            }
        }
        catch (Exception e) when (e is LogUnavailableException or ObjectDisposedException)
        {
            // A database that is away says so to whoever needs it; the next look is soon.
        }
        finally
        {
            Volatile.Write(ref _isRefreshing, 0);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2053, LogLevel.Error, "The move of shard {Shard} could not be ended; it is tried again until the databases answer, and writes to the shard wait")]
        public static partial void NotSettled(ILogger logger, Exception reason, int shard);

        [LoggerMessage(2054, LogLevel.Debug, "The move of shard {Shard} still cannot be ended: {Reason}")]
        public static partial void StillNotSettled(ILogger logger, int shard, string reason);

        [LoggerMessage(2055, LogLevel.Warning, "The move of shard {Shard} has ended; it lies in database {Owner} of the list")]
        public static partial void Settled(ILogger logger, int shard, int owner);
    }

    private int IndexOf(ILogDatabase database) => Enumerable.Range(0, _databases.Count).First(i => ReferenceEquals(_databases[i], database));
}
