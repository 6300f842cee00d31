using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ModularChat.StorageTests.Identity;

/// <summary>Looks at every statement that is sent to a database: one that names two tables could not be answered when they lie in different databases.</summary>
internal sealed partial class StatementWatch : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);

    private readonly AsyncLocal<string?> _failing = new();

    private StatementWatch() => DiagnosticListener.AllListeners.Subscribe(this);

    /// <summary>One for the process: the framework has one place where it tells.</summary>
    public static StatementWatch Instance { get; } = new();

    public int Count => _seen.Count;

    /// <summary>In what follows, commits in the database of this name fail.</summary>
    public void FailCommits(string? name) => _failing.Value = name;

    public IEnumerable<string> Violations => _seen.Where(statement => statement.Value > 1).Select(statement => statement.Key);

    public static int TablesIn(string statement) =>
        Table().Matches(statement).Select(match => match.Value).Distinct(StringComparer.Ordinal).Count();

    /// <summary>How often a table is read from; twice the same one would be a join of two users.</summary>
    public static int SourcesIn(string statement) => Source().Count(statement);

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == DbLoggerCategory)
        {
            value.Subscribe(this, (name, _, _) => name == RelationalEventId.CommandExecuting.Name || name == RelationalEventId.TransactionCommitting.Name);
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is TransactionEventData { Transaction.Connection: { } connection } && _failing.Value is { } failing && failing.EndsWith(Path.GetFileName(NameOf(connection)), StringComparison.Ordinal))
        {
            throw new Microsoft.Data.Sqlite.SqliteException("planted", 10);
        }
        if (value.Value is CommandEventData { Command.CommandText: var text } && !Definition().IsMatch(text))
        {
            foreach (var statement in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                _seen.TryAdd(statement, Math.Max(TablesIn(statement), SourcesIn(statement)));
            }
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private static string NameOf(System.Data.Common.DbConnection connection) =>
        connection is Microsoft.Data.Sqlite.SqliteConnection ? connection.DataSource : connection.Database;

    private const string DbLoggerCategory = "Microsoft.EntityFrameworkCore";

    [GeneratedRegex("identity_[a-z_]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Table();

    [GeneratedRegex(@"\b(FROM|JOIN)\s+""?identity_", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Source();

    // Migrations make tables and fill them before there is anybody to ask.
    [GeneratedRegex(@"\b(CREATE|ALTER|DROP|PRAGMA|identity_migrations|INSERT INTO identity_names \(NormalizedUserName, NormalizedDisplayName, UserId\) SELECT)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Definition();
}
