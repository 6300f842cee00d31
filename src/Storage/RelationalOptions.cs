using System.ComponentModel.DataAnnotations;
using System.Data.Common;

namespace ModularChat.Storage;

/// <summary>Where general data is kept: accounts, sessions, profiles, settings, friends; section <c>Storage:Relational</c>.</summary>
public sealed class RelationalOptions
{
    /// <summary>The file that is used when <see cref="Shards"/> names none.</summary>
    public const string FirstFile = "identity.db";

    /// <summary><c>sqlite</c> (default): files in the data folder, for one server process; or <c>postgresql</c>: a server, version 15 or newer, for any number of them.</summary>
    [RegularExpression("sqlite|postgresql", ErrorMessage = "Storage:Relational:Engine must be sqlite or postgresql.")]
    public string Engine { get; set; } = "sqlite";

    /// <summary>The database of a server engine: <c>Host=...;Username=...;Password=...;Database=...</c>; of a server that is replicated, the primary. Secret. Empty: <see cref="Shards"/> names the databases. Default empty.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>Connection strings of streaming replicas of any of the databases, which answer reads that may be a few seconds old (profiles of others, search); secret. Default none.</summary>
    public IList<string> ReadReplicas { get; set; } = [];

    /// <summary>
    /// The databases over which users are spread: connection strings (secret), or for sqlite names of files in the data folder like <c>identity-1.db</c>. The first also holds what is one for all: names, external ids,
    /// application keys, codes. Their number and order are fixed when they are made. Default none: everything in one database.
    /// </summary>
    public IList<string> Shards { get; set; } = [];

    /// <summary>True when the engine is a part of this process, and its files lie in the data folder.</summary>
    public bool IsEmbedded => Engine == "sqlite";

    /// <summary>The databases, the directory first: names of files, or connection strings.</summary>
    public IReadOnlyList<string> Databases => Shards.Count > 0 ? [.. Shards] : [IsEmbedded ? FirstFile : ConnectionString];

    /// <summary>One sentence for each setting that does not go with the others; never a connection string, which holds a password.</summary>
    public IEnumerable<string> Mistakes() => IsEmbedded ? OfFiles() : OfServers();

    private IEnumerable<string> OfFiles()
    {
        if (ConnectionString.Length > 0)
        {
            yield return "Storage:Relational:ConnectionString must be empty for sqlite, which keeps its files in the data folder; or set Storage:Relational:Engine to postgresql.";
        }
        if (ReadReplicas.Count > 0)
        {
            yield return "Storage:Relational:ReadReplicas must be empty for sqlite, which has no replicas.";
        }
        if (Shards.FirstOrDefault(name => !IsFileName(name)) is { } wrong)
        {
            yield return $"Storage:Relational:Shards has '{(wrong.Contains('=', StringComparison.Ordinal) ? "***" : wrong)}', but for sqlite each must be the name of a file that ends with .db and is not messages.db.";
        }
        if (Shards.Distinct(StringComparer.OrdinalIgnoreCase).Count() < Shards.Count)
        {
            yield return "Storage:Relational:Shards names a file twice.";
        }
    }

    private IEnumerable<string> OfServers()
    {
        if (ConnectionString.Length == 0 == (Shards.Count == 0))
        {
            yield return "Storage:Relational needs either ConnectionString (one database) or Shards (several) for postgresql, not both.";
        }
        if (ConnectionString.Length > 0 && !IsConnectionString(ConnectionString))
        {
            yield return NoConnectionString("ConnectionString");
        }
        for (var i = 0; i < Shards.Count; i++)
        {
            if (!IsConnectionString(Shards[i]))
            {
                yield return NoConnectionString($"Shards:{i}");
            }
        }
        for (var i = 0; i < ReadReplicas.Count; i++)
        {
            if (!IsConnectionString(ReadReplicas[i]))
            {
                yield return NoConnectionString($"ReadReplicas:{i}");
            }
        }
        if (Shards.Distinct(StringComparer.Ordinal).Count() < Shards.Count)
        {
            yield return "Storage:Relational:Shards names a database twice.";
        }
    }

    private static string NoConnectionString(string key) =>
        $"Storage:Relational:{key} must be a connection string like Host=...;Username=...;Password=...;Database=...";

    private static bool IsFileName(string name) =>
        name.Length is > 3 and < 100 && name.EndsWith(".db", StringComparison.Ordinal) && name != "messages.db" && name[0] != '.'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    private static bool IsConnectionString(string text)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = text };
            return parts.ContainsKey("Host") || parts.ContainsKey("Server");
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
