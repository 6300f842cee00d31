using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using ModularChat.Storage;
using ModularChat.Storage.PostgreSql;
using Npgsql;

namespace ModularChat.Notifications.Storage.Postgres;

/// <summary>Tables beside the accounts on a PostgreSQL server, which any number of nodes share.</summary>
internal sealed class PostgresPushDatabase : IPushDatabase, IDisposable
{
    private const int Connections = 12;

    private readonly NpgsqlDataSource _source;
    private readonly PooledDbContextFactory<PostgresPushDb> _contexts;

    public PostgresPushDatabase(string connectionString, IServiceProvider services)
    {
        Name = PostgreSqlSource.Describe(connectionString);
        _source = PostgreSqlSource.Open(connectionString, "ModularChat push", Connections, []);
        _contexts = new(PushDb.Configure(new DbContextOptionsBuilder<PostgresPushDb>()
            .UseNpgsql(_source, postgres => postgres.MigrationsHistoryTable(PushDb.MigrationsTable)), services).Options);
    }

    public string Name { get; }

    public bool IsShared => true;

    public SemaphoreSlim? Writer => null;

    public PushDb Open() => _contexts.CreateDbContext();

    public async Task MigrateAsync(CancellationToken token)
    {
        try
        {
            await using var db = Open();
            await db.Database.MigrateAsync(token);
        }
        catch (PostgresException e)
        {
            throw new StartupException($"The tables of notifications ({Name}) cannot be made: {e.MessageText}.", e);
        }
    }

    public bool IsFault(Exception e) => Find(e) is not null && !IsConflict(e);

    public bool IsConflict(Exception e) => Find(e) is PostgresException
    {
        SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected,
    };

    public Task SetDurabilityAsync(PushDb db, bool isRelaxed, CancellationToken token) => Task.CompletedTask;

    public Task InsertAsync(PushDb db, IReadOnlyCollection<QueueRow> pushes, IReadOnlyCollection<TraceRow> trace, CancellationToken token)
    {
        // In batches, when the context is saved.
        db.Queue.AddRange(pushes);
        db.Trace.AddRange(trace);
        return Task.CompletedTask;
    }

    public async Task PurgeAsync(CancellationToken token)
    {
        await using var db = Open();
        foreach (var table in new[] { "subscriptions", "preferences", "levels", "queue", "trace" })
        {
#pragma warning disable EF1002 // The names are ours.
            await db.Database.ExecuteSqlRawAsync($"VACUUM (FULL) {PushDb.Prefix}{table}", token);
#pragma warning restore EF1002
        }
    }

    public void Close() => _source.Clear();

    public void Dispose() => _source.Dispose();

    private static DbException? Find(Exception? e) => e switch
    {
        null => null,
        DbException found => found,
        _ => Find(e.InnerException),
    };
}
