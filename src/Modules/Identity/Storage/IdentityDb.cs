using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.Extensions.Logging;

namespace ModularChat.Identity.Storage;

/// <summary>
/// All tables of Identity; the engine of the settings has a context of its own when it needs one. ASP.NET Core Identity's stores need only the users; what it would keep about mail, telephone and
/// outside log-ins has no column. Times are Unix milliseconds, because SQLite cannot compare times of day with an offset.
/// </summary>
internal class IdentityDb(DbContextOptions options) : DbContext(options)
{
    public const string Prefix = "identity_", MigrationsTable = Prefix + "migrations";

    public DbSet<UserRow> Users => Set<UserRow>();
    public DbSet<SessionRow> Sessions => Set<SessionRow>();
    public DbSet<ApplicationRow> Applications => Set<ApplicationRow>();
    public DbSet<ExternalUserRow> ExternalUsers => Set<ExternalUserRow>();
    public DbSet<CodeRow> Codes => Set<CodeRow>();
    public DbSet<SettingsRow> Settings => Set<SettingsRow>();
    public DbSet<VersionRow> Versions => Set<VersionRow>();
    public DbSet<FriendshipRow> Friendships => Set<FriendshipRow>();
    public DbSet<BlockRow> Blocks => Set<BlockRow>();
    public DbSet<DraftRow> Drafts => Set<DraftRow>();
    public DbSet<FactRow> Facts => Set<FactRow>();
    public DbSet<NameRow> Names => Set<NameRow>();
    public DbSet<NoteRow> Notes => Set<NoteRow>();

    /// <summary>What holds for each engine.</summary>
    public static DbContextOptionsBuilder<T> Configure<T>(DbContextOptionsBuilder<T> options, IServiceProvider services) where T : IdentityDb =>
        // Each statement is of interest only to whoever looks into this module. So is one that fails: a name that is taken
        // fails by its index and is answered; what nobody expected is logged by whoever it reaches.
        (DbContextOptionsBuilder<T>)options.UseApplicationServiceProvider(services).ConfigureWarnings(events => events.Log(
            (RelationalEventId.CommandExecuted, LogLevel.Debug), (RelationalEventId.CommandError, LogLevel.Debug), (CoreEventId.SaveChangesFailed, LogLevel.Debug),
            (CoreEventId.QueryIterationFailed, LogLevel.Debug),
            (RelationalEventId.ConnectionError, LogLevel.Debug), (RelationalEventId.TransactionError, LogLevel.Debug)));

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<UserRow>(ConfigureUsers);
        modelBuilder.Entity<SessionRow>(sessions =>
        {
            sessions.ToTable(Prefix + "sessions").HasKey(session => session.Id);
            sessions.Property(session => session.Id).ValueGeneratedNever();
            sessions.Property(session => session.DeviceName).HasMaxLength(64);
            sessions.Property(session => session.Platform).HasMaxLength(64);
            sessions.Property(session => session.Region).HasMaxLength(64);
            sessions.HasIndex(session => session.TokenHash).IsUnique();
            sessions.HasIndex(session => session.DeviceId).IsUnique();
            sessions.HasIndex(session => session.UserId);
            sessions.HasIndex(session => session.ExpiresAt);
        });
        modelBuilder.Entity<ApplicationRow>(applications =>
        {
            applications.ToTable(Prefix + "applications").HasKey(application => application.Id);
            applications.Property(application => application.Id).ValueGeneratedNever();
            applications.Property(application => application.Name).HasMaxLength(64);
            applications.HasIndex(application => application.KeyHash).IsUnique();
        });
        modelBuilder.Entity<ExternalUserRow>(users =>
        {
            users.ToTable(Prefix + "external_users").HasKey(user => new { user.ApplicationId, user.ExternalId });
            users.Property(user => user.ExternalId).HasMaxLength(128);
            users.HasIndex(user => user.UserId);
        });
        modelBuilder.Entity<CodeRow>(codes =>
        {
            codes.ToTable(Prefix + "codes").HasKey(code => code.CodeHash);
            codes.HasIndex(code => code.ExpiresAt);
            codes.HasIndex(code => code.UserId);
        });
        modelBuilder.Entity<SettingsRow>(settings =>
        {
            settings.ToTable(Prefix + "settings").HasKey(row => row.UserId);
            settings.Property(row => row.UserId).ValueGeneratedNever();
        });
        modelBuilder.Entity<VersionRow>(versions =>
        {
            versions.ToTable(Prefix + "versions").HasKey(row => new { row.UserId, row.Subject });
            versions.Property(row => row.Subject).HasMaxLength(16);
        });
        modelBuilder.Entity<FriendshipRow>(friendships =>
        {
            friendships.ToTable(Prefix + "friendships").HasKey(row => new { row.LowId, row.HighId });
            friendships.HasIndex(row => row.HighId);
        });
        modelBuilder.Entity<BlockRow>(blocks =>
        {
            blocks.ToTable(Prefix + "blocks").HasKey(row => new { row.UserId, row.OtherId });
            blocks.HasIndex(row => row.OtherId);
        });
        modelBuilder.Entity<DraftRow>(drafts => drafts.ToTable(Prefix + "drafts").HasKey(row => new { row.UserId, row.ConversationId }));
        modelBuilder.Entity<NameRow>(names =>
        {
            names.ToTable(Prefix + "names").HasKey(name => name.NormalizedUserName);
            names.Property(name => name.NormalizedUserName).HasMaxLength(64);
            names.HasIndex(name => name.NormalizedDisplayName);
            names.HasIndex(name => name.UserId).IsUnique();
        });
        modelBuilder.Entity<NoteRow>(notes =>
        {
            notes.ToTable(Prefix + "notes").HasKey(note => note.Id);
            notes.Property(note => note.Id).ValueGeneratedNever();
        });
        modelBuilder.Entity<FactRow>(facts =>
        {
            facts.ToTable(Prefix + "facts").HasKey(fact => fact.Key);
            facts.Property(fact => fact.Key).HasMaxLength(32);
        });
    }

    private static void ConfigureUsers(EntityTypeBuilder<UserRow> users)
    {
        users.ToTable(Prefix + "users").HasKey(user => user.Id);
        users.Property(user => user.Id).ValueGeneratedNever();
        users.Property(user => user.UserName).HasMaxLength(64).IsRequired();
        users.Property(user => user.NormalizedUserName).HasMaxLength(64).IsRequired();
        users.Property(user => user.DisplayName).HasMaxLength(64);
        users.Property(user => user.NormalizedDisplayName).HasMaxLength(256);
        users.Property(user => user.AvatarColour).HasMaxLength(7);
        users.Property(user => user.StatusText).HasMaxLength(140);
        users.Property(user => user.TimeZone).HasMaxLength(64);
        users.Property(user => user.ConcurrencyStamp).IsConcurrencyToken();
        users.HasIndex(user => user.NormalizedUserName).IsUnique();
        users.HasIndex(user => user.NormalizedDisplayName);
        users.Ignore(user => user.Email).Ignore(user => user.NormalizedEmail).Ignore(user => user.EmailConfirmed)
            .Ignore(user => user.PhoneNumber).Ignore(user => user.PhoneNumberConfirmed).Ignore(user => user.TwoFactorEnabled);
    }

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(),
        milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
