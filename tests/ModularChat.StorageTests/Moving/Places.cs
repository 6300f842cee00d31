using ModularChat.Contracts.Messaging;
using ModularChat.Storage.RocksDb;
using ModularChat.StorageTests.Servers;

namespace ModularChat.StorageTests.Moving;

/// <summary>Empty databases of each engine, one after another.</summary>
internal sealed class Places(PostgresFixture postgres) : IAsyncDisposable
{
    private readonly List<RedisLogs.Database> _redis = [];
    private int _made;

    /// <summary>A new one; skips the test when there is no such engine here.</summary>
    public async Task<LogPlace> MakeAsync(string engine)
    {
        var name = $"log-{++_made}";
        switch (engine)
        {
            case "sqlite":
                return new LogPlace(engine, [name + ".db"]);
            case "rocksdb":
                Assert.SkipWhen(RocksLibrary.WhyMissing is not null, RocksLibrary.WhyMissing ?? "");
                return new LogPlace(engine, [name + ".rocksdb"]);
            case "postgresql":
                return new LogPlace(engine, [await postgres.CreateDatabaseAsync()]);
            default:
                var redis = new RedisLogs.Database();
                _redis.Add(redis);
                return new LogPlace(engine, [await redis.ConnectionAsync()]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var redis in _redis)
        {
            await redis.DisposeAsync();
        }
    }
}
