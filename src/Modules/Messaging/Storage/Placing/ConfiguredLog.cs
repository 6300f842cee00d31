using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Storage;

namespace ModularChat.Messaging.Storage.Placing;

/// <summary>The engine and the databases that the settings name. Engines are registered under the name that <c>Storage:Messages:Engine</c> has for them.</summary>
internal sealed class ConfiguredLog(IServiceProvider services, IOptions<StorageOptions> options)
{
    /// <summary>The engine of this name.</summary>
    /// <exception cref="StartupException">This program has none.</exception>
    public ILogEngine Engine(string name) =>
        services.GetKeyedService<ILogEngine>(name)
        ?? throw new StartupException($"Storage:Messages:Engine is '{name}', but this program has no such engine.");

    /// <summary>Opens what the settings name for the server, and begins a run.</summary>
    /// <exception cref="StartupException">One sentence: what is wrong with the settings or the database.</exception>
    public async ValueTask<IMessageLog> OpenAsync(ICommitListener listener, CancellationToken token)
    {
        var settings = options.Value.Messages;
        var engine = Engine(settings.Engine);
        var databases = Databases(settings.Engine, settings.Databases);
        return await engine.OpenAsync(databases[0], new LogOpening(null, Ids.New()), listener, token);
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
        return databases.Distinct(StringComparer.Ordinal).Count() == databases.Count
            ? databases
            : throw new StartupException("Storage:Messages:Databases names the same database twice.");
    }
}
