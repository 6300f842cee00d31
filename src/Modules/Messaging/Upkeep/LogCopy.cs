using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Moving;
using ModularChat.Messaging.Storage.Placing;
using ModularChat.Storage;

namespace ModularChat.Messaging.Upkeep;

/// <summary>
/// Copies a whole log into other databases, of any engine. The copy has the log's id, key and runs, so that cursors and ids of requests go on
/// being good there. Broken off, it goes on where it was; until its end the target is no log that a server would open.
/// </summary>
internal sealed class LogCopy(ConfiguredLog configured)
{
    /// <summary>Copies, and checks the copy.</summary>
    /// <exception cref="StartupException">The source holds no log, or the target holds another.</exception>
    public async Task<LogCheck> RunAsync(LogPlace from, LogPlace to, IProgress<UpkeepProgress> progress, CancellationToken token)
    {
        var (sources, targets) = (configured.Databases(from.Engine, from.Databases), configured.Databases(to.Engine, to.Databases));
        if (from.Engine == to.Engine && targets.Select(Rendezvous.Identity).Intersect(sources.Select(Rendezvous.Identity)).Any())
        {
            throw new StartupException("Source and target are the same database.");
        }
        foreach (var database in sources)
        {
            if (!await configured.Engine(from.Engine).HoldsLogAsync(database, token))
            {
                throw new StartupException($"{Rendezvous.Identity(database)} holds no message log.");
            }
        }
        await using var source = await configured.OpenAsync(from.Engine, sources, new LogAccess.NoListener(), runId: null, token);
        var seed = await source.GetSeedAsync(token);
        await using var target = await OpenTargetAsync(configured.Engine(to.Engine), targets, seed, token);
        // A server engine may be written by servers meanwhile; an embedded one is ours alone.
        await CopyAsync(source, target, configured.Engine(from.Engine).DefaultDatabase is null, progress, token);
        await target.SetRunsAsync((await source.GetSeedAsync(token)).Runs, token);
        return await LogVerify.RunAsync(target, progress, token);
    }

    private static async Task CopyAsync(ILogDatabase source, CopyTarget target, bool isShared, IProgress<UpkeepProgress> progress, CancellationToken token)
    {
        var positions = await source.GetPositionsAsync(token);
        var (total, done) = (Math.Max(1, positions.Sum()), 0L);
        for (var shard = 0; shard < positions.Length; shard++)
        {
            var copied = 0L;
            var before = done;
            var transfer = new ShardTransfer(source, target.At(shard), shard, new Direct<long>(rows =>
            {
                copied += rows;
                progress.Report(new UpkeepProgress("Copying", Math.Min(total, before + Math.Min(copied, positions[shard])), total));
            }));
            await transfer.PrepareAsync(token);
            await FinishAsync(source, target.At(shard), shard, transfer, isShared, token);
            done += positions[shard];
            progress.Report(new UpkeepProgress("Copying", done, total));
        }
        // Only now: until all are there, no server takes the target for a log.
        for (var shard = 0; shard < positions.Length; shard++)
        {
            var row = await target.At(shard).GetShardAsync(shard, token);
            await target.At(shard).SetShardAsync(row with { State = ShardState.Held }, token);
        }
    }

    private static async Task FinishAsync(ILogDatabase source, ILogDatabase target, int shard, ShardTransfer transfer, bool isShared, CancellationToken token)
    {
        try
        {
            if (isShared)
            {
                await source.SetShardAsync(new ShardRow(shard, ShardState.Frozen, 0), token);
            }
            var position = await transfer.FinishAsync(token);
            await target.SetShardAsync(new ShardRow(shard, ShardState.Receiving, position), token);
        }
        finally
        {
            if (isShared)
            {
                await source.SetShardAsync(new ShardRow(shard, ShardState.Held, 0), CancellationToken.None);
            }
        }
    }

    private static async Task<CopyTarget> OpenTargetAsync(ILogEngine engine, IReadOnlyList<string> databases, LogSeed seed, CancellationToken token)
    {
        var target = new CopyTarget(databases);
        try
        {
            foreach (var database in databases)
            {
                await target.OpenAsync(engine, database, seed with { Shards = [] }, token);
            }
            await target.ReceiveAsync(seed.ShardCount, token);
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }
}

/// <summary>Databases that become a copy; each shard goes to where it belongs among them.</summary>
internal sealed class CopyTarget(IReadOnlyList<string> databases) : IAsyncDisposable
{
    private readonly List<ILogDatabase> _opened = [];

    public IReadOnlyList<ILogDatabase> Databases => _opened;

    public ILogDatabase At(int shard) => _opened[Rendezvous.Choose(shard, databases)];

    /// <summary>Opens one of them, made when empty.</summary>
    /// <exception cref="StartupException">It holds something else.</exception>
    public async Task OpenAsync(ILogEngine engine, string database, LogSeed seed, CancellationToken token)
    {
        var log = await engine.OpenAsync(database, new LogOpening(seed, RunId: null), new LogAccess.NoListener(), token);
        _opened.Add(log);
        if (log.Info.LogId != seed.LogId)
        {
            throw new StartupException($"{Rendezvous.Identity(database)} holds another message log; name an empty database.");
        }
    }

    /// <summary>Makes every shard receiving again that an earlier try had finished: the source may have gone on since.</summary>
    /// <exception cref="StartupException">The copy is whole, and may be in use.</exception>
    public async Task ReceiveAsync(int shards, CancellationToken token)
    {
        var held = new List<(ILogDatabase Database, ShardRow Row)>();
        for (var shard = 0; shard < shards; shard++)
        {
            if (await At(shard).GetShardAsync(shard, token) is { State: ShardState.Held or ShardState.Frozen } row)
            {
                held.Add((At(shard), row));
            }
        }
        if (held.Count == shards)
        {
            throw new StartupException("The target holds the whole log already, and what was written to it since would be lost; name an empty database.");
        }
        foreach (var (database, row) in held)
        {
            await database.SetShardAsync(row with { State = ShardState.Receiving }, token);
        }
    }

    public async Task SetRunsAsync(IReadOnlyList<RunRow> runs, CancellationToken token)
    {
        foreach (var database in _opened)
        {
            await database.SetRunsAsync(runs, token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _opened)
        {
            await database.DisposeAsync();
        }
    }
}

/// <summary>Progress that is told on the spot: the order matters, and there is no context to go back to.</summary>
internal sealed class Direct<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
