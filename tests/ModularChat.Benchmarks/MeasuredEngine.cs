using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.PostgreSql;
using ModularChat.Messaging.Storage.Redis;
using ModularChat.Messaging.Storage.RocksDb;
using ModularChat.Messaging.Storage.Sqlite;
using ModularChat.Shared.Servers;
using ModularChat.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.Benchmarks;

/// <summary>A log on one engine in a temporary folder or on a server of its own, and raw rows beside it.</summary>
internal sealed class MeasuredEngine : IAsyncDisposable
{
    private const int ReceiptLimit = 100;
    private static readonly MessageLogOptions Options = new() { MaxPending = 100_000, Shards = Workload.Shards };
    private static readonly CancellationToken Token = CancellationToken.None;

    private readonly string _engine;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modularchat-bench-");
    private DataFolder? _data;
    private PostgresServer? _postgres;
    private RedisServer? _redis;

    private MeasuredEngine(string engine) => _engine = engine;

    public IMessageLog Log { get; private set; } = null!;

    public bool IsServer => _engine is "postgresql" or "redis";

    public static async Task<MeasuredEngine> StartAsync(string engine)
    {
        var made = new MeasuredEngine(engine);
        made.Log = await made.OpenAsync();
        return made;
    }

    public async Task<IRawLog> OpenRawAsync() => _engine switch
    {
        "rocksdb" => new RawRocks(Path.Combine(_folder.FullName, "raw.rocksdb")),
        "postgresql" => await OpenRawPostgreSqlAsync(),
        "redis" => await RawRedis.OpenAsync(await ConnectAsync()),
        _ => new RawSqlite(Path.Combine(_folder.FullName, "raw.db")),
    };

    /// <summary>The server's processes.</summary>
    public IEnumerable<int> Processes()
    {
        if (_postgres is not null)
        {
            var first = int.Parse(File.ReadLines(Path.Combine(_postgres.Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
            return [first, .. Children(first)];
        }
        return _redis is null ? [] : [int.Parse(RedisInfo.Parse(_redis.RunAsync(Token, "INFO", "server").GetAwaiter().GetResult())["process_id"], CultureInfo.InvariantCulture)];
    }

    public string Size()
    {
        var disk = _postgres is null ? _folder : new DirectoryInfo(_postgres.TableFolder);
        var bytes = disk.EnumerateFiles("*", SearchOption.AllDirectories).Where(f => !f.FullName.Contains("raw.", StringComparison.Ordinal)).Sum(f => f.Length);
        return $"this process resident {Environment.WorkingSet >> 20} MB, on disk {bytes >> 20} MB";
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        _data?.Dispose();
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
        _folder.Delete(recursive: true);
    }

    private async Task<IMessageLog> OpenAsync()
    {
        var opening = new LogOpening(null, Ids.New());
        switch (_engine)
        {
            case "postgresql":
                _postgres = await PostgresServer.StartAsync(Token, "shared_buffers=256MB", "max_wal_size=4GB");
                return await PostgreSqlMessageLog.OpenAsync(
                    await _postgres.CreateDatabaseAsync("log", Token), opening, Options, ReceiptLimit, new Nobody(), TimeProvider.System, NullLogger.Instance, Token);
            case "redis":
                _redis = await RedisServer.StartAsync(Token);
                var engine = new RedisLogEngine(
                    Microsoft.Extensions.Options.Options.Create(new StorageOptions { Messages = Options }), Microsoft.Extensions.Options.Options.Create(new MessagingOptions()),
                    TimeProvider.System, NullLogger<RedisMessageLog>.Instance);
                return await engine.OpenAsync(_redis.Address, new LogOpening(null, null), new Nobody(), Token);
            case "rocksdb":
                _data = DataFolder.Open(_folder.FullName);
                return await RocksMessageLog.OpenAsync(_data, "messages.rocksdb", opening, Options, ReceiptLimit, new Nobody(), TimeProvider.System, NullLogger.Instance, Token);
            case "sqlite":
                _data = DataFolder.Open(_folder.FullName);
                return await SqliteMessageLog.OpenAsync(_data, "messages.db", opening, Options, ReceiptLimit, new Nobody(), TimeProvider.System, NullLogger.Instance, Token);
            default:
                throw new InvalidOperationException($"There is no engine {_engine}.");
        }
    }

    private async Task<IRawLog> OpenRawPostgreSqlAsync()
    {
        var database = await _postgres!.CreateDatabaseAsync("raw", Token);
        // Its tables are the log's own.
        await (await PostgreSqlMessageLog.OpenAsync(
            database, new LogOpening(null, Ids.New()), Options, ReceiptLimit, new Nobody(), TimeProvider.System, NullLogger.Instance, Token)).DisposeAsync();
        return new RawPostgreSql(database);
    }

    private async Task<RedisConnection> ConnectAsync()
    {
        var settings = RedisSettings.Parse(_redis!.Address);
        return await RedisConnection.ConnectAsync(settings.Servers[0], settings, TimeProvider.System, Token);
    }

    private static IEnumerable<int> Children(int parent) =>
        File.ReadAllText($"/proc/{parent.ToString(CultureInfo.InvariantCulture)}/task/{parent.ToString(CultureInfo.InvariantCulture)}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture)).Where(pid => Directory.Exists($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}"));

    private sealed class Nobody : ICommitListener
    {
        public void Committed(Commit commit)
        {
        }

        public void Reopened(long[] positions)
        {
        }
    }
}
