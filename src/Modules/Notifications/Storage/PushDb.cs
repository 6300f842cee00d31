using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.Extensions.Logging;

namespace ModularChat.Notifications.Storage;

/// <summary>All tables of the module; the engine of the settings has a context of its own when it needs one. Times are Unix milliseconds, as everywhere.</summary>
internal class PushDb(DbContextOptions options) : DbContext(options)
{
    public const string Prefix = "push_", MigrationsTable = Prefix + "migrations";

    public DbSet<KeyRow> Keys => Set<KeyRow>();
    public DbSet<SubscriptionRow> Subscriptions => Set<SubscriptionRow>();
    public DbSet<PreferenceRow> Preferences => Set<PreferenceRow>();
    public DbSet<LevelRow> Levels => Set<LevelRow>();
    public DbSet<ShardRow> Shards => Set<ShardRow>();
    public DbSet<NodeRow> Nodes => Set<NodeRow>();
    public DbSet<QueueRow> Queue => Set<QueueRow>();
    public DbSet<TraceRow> Trace => Set<TraceRow>();

    /// <summary>What holds for each engine.</summary>
    public static DbContextOptionsBuilder<T> Configure<T>(DbContextOptionsBuilder<T> options, IServiceProvider services) where T : PushDb =>
        (DbContextOptionsBuilder<T>)options.UseApplicationServiceProvider(services).UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking)
            .ConfigureWarnings(events => events.Log(
                (RelationalEventId.CommandExecuted, LogLevel.Debug), (RelationalEventId.CommandError, LogLevel.Debug), (CoreEventId.SaveChangesFailed, LogLevel.Debug),
                (CoreEventId.QueryIterationFailed, LogLevel.Debug), (RelationalEventId.ConnectionError, LogLevel.Debug), (RelationalEventId.TransactionError, LogLevel.Debug)));

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<KeyRow>(keys =>
        {
            keys.ToTable(Prefix + "keys").HasKey(key => key.Name);
            keys.Property(key => key.Name).HasMaxLength(32);
        });
        modelBuilder.Entity<SubscriptionRow>(subscriptions =>
        {
            subscriptions.ToTable(Prefix + "subscriptions").HasKey(row => row.Id);
            subscriptions.Property(row => row.Id).ValueGeneratedNever();
            subscriptions.HasIndex(row => row.EndpointHash).IsUnique();
            subscriptions.HasIndex(row => row.UserId);
            subscriptions.HasIndex(row => row.DeviceId);
        });
        modelBuilder.Entity<PreferenceRow>(preferences =>
        {
            preferences.ToTable(Prefix + "preferences").HasKey(row => row.UserId);
            preferences.Property(row => row.UserId).ValueGeneratedNever();
        });
        modelBuilder.Entity<LevelRow>(levels => levels.ToTable(Prefix + "levels").HasKey(row => new { row.UserId, row.ConversationId }));
        modelBuilder.Entity<ShardRow>(shards =>
        {
            shards.ToTable(Prefix + "shards").HasKey(row => row.Shard);
            shards.Property(row => row.Shard).ValueGeneratedNever();
        });
        modelBuilder.Entity<NodeRow>(nodes =>
        {
            nodes.ToTable(Prefix + "nodes").HasKey(row => row.Id);
            nodes.Property(row => row.Id).ValueGeneratedNever();
        });
        modelBuilder.Entity<QueueRow>(queue =>
        {
            queue.ToTable(Prefix + "queue").HasKey(row => row.Id);
            queue.Property(row => row.Id).ValueGeneratedNever();
            // What is decided anew about a row that a sender claims at that moment must not be lost with it.
            queue.Property(row => row.State).IsConcurrencyToken();
            queue.HasIndex(row => new { row.State, row.Provider, row.DueAt });
            // What does not stand in line: few at any time.
            queue.HasIndex(row => new { row.State, row.DueAt }).HasFilter("\"Subject\" <> 0");
            queue.HasIndex(row => new { row.SubscriptionId, row.ConversationId });
            queue.HasIndex(row => row.UserId);
        });
        modelBuilder.Entity<TraceRow>(trace =>
        {
            trace.ToTable(Prefix + "trace").HasKey(row => row.Id);
            trace.Property(row => row.Id).ValueGeneratedNever();
            trace.HasIndex(row => new { row.UserId, row.ConversationId, row.Seq });
            trace.HasIndex(row => row.PushId);
            trace.HasIndex(row => row.At);
        });
    }

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(),
        milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
