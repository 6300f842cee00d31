using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace ModularChat.Identity.Storage.Postgres;

/// <summary>A streaming replica. It is given less time to answer than a primary, because another one can.</summary>
internal sealed class PostgresReplica : IReplica
{
    private readonly PooledDbContextFactory<PostgresIdentityDb> _contexts;

    /// <inheritdoc cref="PostgresDatabase(string, string, IServiceProvider)"/>
    public PostgresReplica(string connectionString, string setting, IServiceProvider services)
    {
        var connection = PostgresDatabase.Understand(connectionString, setting, connectSeconds: 2, commandSeconds: 3);
        Name = $"{connection.Host}:{connection.Port.ToString(CultureInfo.InvariantCulture)}/{connection.Database}";
        _contexts = new(IdentityDb.Configure(new DbContextOptionsBuilder<PostgresIdentityDb>().UseNpgsql(connection.ConnectionString), services).Options);
    }

    public string Name { get; }

    public IdentityDb Open() => _contexts.CreateDbContext();

    public async Task<long?> PositionAsync(IdentityDb db, CancellationToken token) =>
        await db.Database.SqlQuery<long?>($"SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END AS \"Value\"").SingleAsync(token);
}
