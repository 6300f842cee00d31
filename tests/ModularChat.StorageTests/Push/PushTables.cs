using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Notifications;
using ModularChat.Notifications.Storage;
using ModularChat.Shared;
using ModularChat.Storage;
using ModularChat.StorageTests.Servers;

namespace ModularChat.StorageTests.Push;

/// <summary>The module on one engine, without a host: two of them on one PostgreSQL database are two nodes.</summary>
internal sealed class PushTables : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly DirectoryInfo _folder;

    private PushTables(ServiceProvider services, DirectoryInfo folder, ManualTime time, string? database) =>
        (_services, _folder, Time, Database) = (services, folder, time, database);

    public ManualTime Time { get; }

    public string? Database { get; }

    public IServiceProvider Services => _services;

    public PushStore Store => _services.GetRequiredService<PushStore>();

    /// <summary>A node; on PostgreSQL in a database of its own unless one is given.</summary>
    public static Task<PushTables> OpenAsync(string engine, PostgresFixture postgres, string? database = null, ManualTime? time = null, params string[] settings) =>
        OpenAsync(engine, postgres, static _ => { }, database, time, settings);

    /// <summary>With some services added.</summary>
    public static async Task<PushTables> OpenAsync(string engine, PostgresFixture postgres, Action<IServiceCollection> adjust, string? database = null, ManualTime? time = null, params string[] settings)
    {
        database = engine == "postgresql" ? database ?? await postgres.CreateDatabaseAsync() : null;
        var folder = Directory.CreateTempSubdirectory("modularchat-push-");
        string[] all = [$"Storage:Directory={folder.FullName}", $"Storage:Relational:Engine={engine}", .. database is null ? Array.Empty<string>() : [$"Storage:Relational:ConnectionString={database}"], .. settings];
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(all.Select(s => s.Split('=', 2)).ToDictionary(p => p[0], string? (p) => p[1])).Build();
        var clock = time ?? new ManualTime();
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton<TimeProvider>(clock);
        collection.AddStorage(configuration);
        collection.AddNotifications(configuration);
        adjust(collection);
        var tables = new PushTables(collection.BuildServiceProvider(), folder, clock, database);
        await tables.Store.OpenAsync(TestContext.Current.CancellationToken);
        return tables;
    }

    public async ValueTask DisposeAsync()
    {
        Store.Database.Close();
        await _services.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
