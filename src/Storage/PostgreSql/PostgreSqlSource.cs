using System.Globalization;
using Npgsql;

namespace ModularChat.Storage.PostgreSql;

/// <summary>
/// A bounded pool of connections to one database, with what every connection of ours needs: an end to each statement, a way to notice that the
/// other side is gone, and commits that are on disk. What the connection string says itself is kept.
/// </summary>
public static class PostgreSqlSource
{
    /// <summary>The oldest major version that is used.</summary>
    public const int OldestVersion = 15;

    /// <summary>A statement that takes longer is ended by the server.</summary>
    public static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Makes the pool; connects to nothing yet.</summary>
    /// <param name="connectionString">As an operator writes it.</param>
    /// <param name="name">Shown by the server in <c>pg_stat_activity</c>.</param>
    /// <param name="connections">Most connections at once, unless the string says so.</param>
    /// <param name="settings">More settings of the session, each <c>name=value</c>.</param>
    /// <param name="checkNew">Looks at each new connection before it is used; what it throws is what the caller of the connection gets.</param>
    /// <exception cref="StartupException">The string is not one of Npgsql's.</exception>
    public static NpgsqlDataSource Open(string connectionString, string name, int connections, IEnumerable<string> settings, Func<NpgsqlConnection, Task>? checkNew = null)
    {
        var source = new NpgsqlDataSourceBuilder(Complete(connectionString, name, connections, settings));
        if (checkNew is not null)
        {
            source.UsePhysicalConnectionInitializer(_ => throw new NotSupportedException("Connections are opened asynchronously."), checkNew);
        }
        return source.Build();
    }

    /// <summary>Where it is, for people: no password in it.</summary>
    public static string Describe(string connectionString)
    {
        var parts = Parse(connectionString);
        // Several hosts have their ports with them.
        var port = parts.Host!.Contains(',', StringComparison.Ordinal) ? "" : $":{parts.Port.ToString(CultureInfo.InvariantCulture)}";
        return $"PostgreSQL at {parts.Host}{port} (database {parts.Database ?? parts.Username})";
    }

    private static string Complete(string connectionString, string name, int connections, IEnumerable<string> settings)
    {
        var parts = Parse(connectionString);
        var given = new HashSet<string>(parts.Keys, StringComparer.OrdinalIgnoreCase);
        Default("Application Name", () => parts.ApplicationName = name);
        Default("Maximum Pool Size", () => parts.MaxPoolSize = connections);
        Default("Host Recheck Seconds", () => parts.HostRecheckSeconds = 1);
        Default("Timeout", () => parts.Timeout = 5);
        // Longer than the server's own end of a statement: whoever gives up first should be the one who knows what became of it.
        Default("Command Timeout", () => parts.CommandTimeout = (int)StatementTimeout.TotalSeconds + 5);
        Default("Tcp Keepalive", () => parts.TcpKeepAlive = true);
        Default("Tcp Keepalive Time", () => parts.TcpKeepAliveTime = 10);
        Default("Tcp Keepalive Interval", () => parts.TcpKeepAliveInterval = 5);
        Default("Max Auto Prepare", () => parts.MaxAutoPrepare = 60);
        Default("Auto Prepare Min Usages", () => parts.AutoPrepareMinUsages = 2);
        Default("No Reset On Close", () => parts.NoResetOnClose = true);
        Default("Include Error Detail", () => parts.IncludeErrorDetail = false);
        // The other end of the same: a client that is gone holds no lock for long.
        string[] always =
        [
            string.Create(CultureInfo.InvariantCulture, $"statement_timeout={(int)StatementTimeout.TotalMilliseconds}"),
            "idle_in_transaction_session_timeout=15000", "tcp_keepalives_idle=10", "tcp_keepalives_interval=5", "tcp_keepalives_count=3",
            "tcp_user_timeout=20000", "default_transaction_isolation=read\\ committed",
        ];
        parts.Options = string.Join(' ', [parts.Options ?? "", .. always.Concat(settings).Select(setting => $"-c {setting}")]).Trim();
        return parts.ConnectionString;

        void Default(string key, Action set)
        {
            if (!given.Contains(key))
            {
                set();
            }
        }
    }

    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        const string Shape = "A connection string of PostgreSQL is like Host=...;Database=...;Username=...;Password=...: ";
        NpgsqlConnectionStringBuilder parts;
        try
        {
            parts = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            // Nothing of the string is repeated: it holds a password.
            throw new StartupException(Shape + "this one cannot be read.", e);
        }
        return parts.Host is { Length: > 0 } ? parts : throw new StartupException(Shape + "this one names no Host.");
    }
}
