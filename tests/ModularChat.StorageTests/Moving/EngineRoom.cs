using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModularChat.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Placing;
using ModularChat.Messaging.Upkeep;
using ModularChat.Storage;

namespace ModularChat.StorageTests.Moving;

/// <summary>The engines as the program registers them, on a data folder of their own.</summary>
internal sealed class EngineRoom : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services;

    public EngineRoom(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([
                new("Storage:Directory", Path.Combine(_folder.Path, "data")),
                .. settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)),
            ])
            .Build();
        var services = new ServiceCollection();
        services.AddLogging(l => l.SetMinimumLevel(LogLevel.None)).AddSingleton(TimeProvider.System).AddStorage(configuration).AddMessaging(configuration);
        _services = services.BuildServiceProvider();
    }

    public ConfiguredLog Configured => _services.GetRequiredService<ConfiguredLog>();
    public LogCopy Copy => _services.GetRequiredService<LogCopy>();
    public DataFolder Folder => _services.GetRequiredService<DataFolder>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task<ILogDatabase> OpenAsync(string engine, params string[] databases) =>
        await Configured.OpenAsync(engine, Configured.Databases(engine, databases), new LogAccess.NoListener(), Contracts.Ids.New(), Token);

    /// <summary>Opens one database as a part of a log that holds nothing yet.</summary>
    public async Task<ILogDatabase> OpenPartAsync(string engine, string database, LogSeed seed) =>
        await Configured.Engine(engine).OpenAsync(database, new LogOpening(seed with { Shards = [] }, null), new LogAccess.NoListener(), Token);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _folder.Dispose();
    }
}
