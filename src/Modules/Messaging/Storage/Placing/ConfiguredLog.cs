using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Storage;

namespace ModularChat.Messaging.Storage.Placing;

/// <summary>The engine and the databases that the settings name. Engines are registered under the name that <c>Storage:Messages:Engine</c> has for them.</summary>
internal sealed class ConfiguredLog(IServiceProvider services, IOptions<StorageOptions> options, TimeProvider time)
{
    private readonly MessageLogOptions _settings = options.Value.Messages;

    /// <summary>The engine that the settings name.</summary>
    public string EngineName => _settings.Engine;

    /// <summary>The databases that the settings name.</summary>
    public IReadOnlyList<string> Names => Databases(_settings.Engine, _settings.Databases);

    /// <summary>The engine of this name.</summary>
    /// <exception cref="StartupException">This program has none.</exception>
    public ILogEngine Engine(string name) =>
        services.GetKeyedService<ILogEngine>(name)
        ?? throw new StartupException($"Storage:Messages:Engine is '{name}', but this program has no such engine.");

    /// <summary>Opens what the settings name.</summary>
    /// <param name="listener">Is told every commit.</param>
    /// <param name="runId">The run that begins; null for a tool.</param>
    /// <param name="token">Ends the wait.</param>
    /// <exception cref="StartupException">One sentence: what is wrong with the settings or a database.</exception>
    public ValueTask<ILogDatabase> OpenAsync(ICommitListener listener, Guid? runId, CancellationToken token) =>
        OpenAsync(_settings.Engine, Names, listener, runId, token);

    /// <summary>Opens a log in one or more databases of an engine; made new when none of them holds one.</summary>
    /// <exception cref="StartupException">One sentence: what is wrong with a database.</exception>
    public async ValueTask<ILogDatabase> OpenAsync(string engineName, IReadOnlyList<string> databases, ICommitListener listener, Guid? runId, CancellationToken token)
    {
        var engine = Engine(engineName);
        var isShared = engine.DefaultDatabase is null;
        if (databases.Count == 1)
        {
            var single = await engine.OpenAsync(databases[0], new LogOpening(null, runId), listener, token);
            return await OrDisposeAsync([single], async () =>
            {
                Placement.Check(await Placement.HealAsync([single], isShared, time, token));
                return single;
            });
        }
        var placed = new PlacedListener(listener);
        var opened = await OpenAllAsync(engine, databases, placed, runId, token);
        return await OrDisposeAsync(opened, async () =>
            await PlacedLog.JoinAsync(opened, await Placement.HealAsync(opened, isShared, time, token), placed, time, token));
    }

    /// <summary>The databases of an engine: those that are named, or its own default.</summary>
    /// <exception cref="StartupException">It has no default, or one is named twice.</exception>
    public IReadOnlyList<string> Databases(string engine, IEnumerable<string> named)
    {
        List<string> databases = [.. named.Where(d => d.Length > 0)];
        if (databases.Count == 0)
        {
            databases.Add(Engine(engine).DefaultDatabase
                ?? throw new StartupException($"Storage:Messages:Engine is '{engine}', but Storage:Messages:Databases names no database."));
        }
        return databases.Select(Rendezvous.Identity).Distinct(StringComparer.Ordinal).Count() == databases.Count
            ? databases
            : throw new StartupException("Storage:Messages:Databases names the same database twice.");
    }

    /// <summary>Those that hold the log first: the others become parts of it, and hold nothing yet. A new log is spread over all of them.</summary>
    private async Task<ILogDatabase[]> OpenAllAsync(ILogEngine engine, IReadOnlyList<string> databases, PlacedListener listener, Guid? runId, CancellationToken token)
    {
        var holds = new bool[databases.Count];
        for (var i = 0; i < holds.Length; i++)
        {
            holds[i] = await engine.HoldsLogAsync(databases[i], token);
        }
        var opened = new ILogDatabase?[databases.Count];
        var seed = holds.Contains(true) ? null : new LogSeed(Ids.New(), RandomNumberGenerator.GetBytes(32), _settings.Shards, [], []);
        // A process that was killed while it made the databases of a new log has left a part of them, in which nothing was ever written.
        var (isNew, placed) = (true, new HashSet<int>());
        try
        {
            foreach (var i in Enumerable.Range(0, databases.Count).OrderByDescending(i => holds[i]))
            {
                var source = listener.For();
                var part = seed is null || holds[i] ? null : seed with { Shards = [.. Share(i, databases, seed.ShardCount).Where(s => isNew && !placed.Contains(s))] };
                opened[i] = source.Database = await engine.OpenAsync(databases[i], new LogOpening(part, runId), source, token);
                if (seed is null)
                {
                    // The run that begins now is entered by each of them.
                    var found = await opened[i]!.GetSeedAsync(token);
                    seed = found with { Runs = [.. found.Runs.Where(r => r.Id != runId)] };
                }
                placed.UnionWith((await opened[i]!.GetSeedAsync(token)).Shards);
                isNew &= (await opened[i]!.GetPositionsAsync(token)).All(p => p == 0);
                if (opened[i]!.Info.LogId != seed.LogId)
                {
                    throw new StartupException(
                        $"Storage:Messages:Databases names databases of different logs: {Rendezvous.Identity(databases[i])} is not a part of the log of the others.");
                }
            }
            return opened!;
        }
        catch
        {
            await DisposeAsync(opened.OfType<ILogDatabase>());
            throw;
        }
    }

    private static int[] Share(int index, IReadOnlyList<string> databases, int shards) =>
        [.. Enumerable.Range(0, shards).Where(s => Rendezvous.Choose(s, databases) == index)];

    private static async Task<ILogDatabase> OrDisposeAsync(IReadOnlyList<ILogDatabase> opened, Func<Task<ILogDatabase>> use)
    {
        try
        {
            return await use();
        }
        catch
        {
            await DisposeAsync(opened);
            throw;
        }
    }

    private static async Task DisposeAsync(IEnumerable<ILogDatabase> databases)
    {
        foreach (var database in databases)
        {
            await database.DisposeAsync();
        }
    }
}
