using System.Collections.Concurrent;
using ModularChat.StorageTests.Servers;
using Npgsql;

namespace ModularChat.StorageTests.Identity;

/// <summary>Where accounts lie, of which every one has to keep the same promises.</summary>
public enum Deployment
{
    SqliteFile,
    TwoSqliteFiles,
    PostgresDatabase,
    TwoPostgresDatabases,
}

/// <summary>The databases of one test. Those of a server are emptied and used again.</summary>
internal sealed class DeployedDatabases : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, ConcurrentBag<string[]>> Free = new();

    private readonly bool _onServer;

    private DeployedDatabases(string[] names, bool onServer) => (Names, _onServer) = (names, onServer);

    public string[] Names { get; }

    /// <summary>They are no longer as this program makes them.</summary>
    public bool AreSpoilt { get; set; }

    public IEnumerable<string> Settings =>
        !_onServer ? Names.Length == 1 ? [] : Names.Select((file, i) => $"Storage:Relational:Shards:{i}={file}")
        : Names.Length == 1 ? ["Storage:Relational:Engine=postgresql", $"Storage:Relational:ConnectionString={Names[0]}"]
        : ["Storage:Relational:Engine=postgresql", .. Names.Select((database, i) => $"Storage:Relational:Shards:{i}={database}")];

    public static async Task<DeployedDatabases> TakeAsync(Deployment deployment)
    {
        var count = deployment is Deployment.TwoSqliteFiles or Deployment.TwoPostgresDatabases ? 2 : 1;
        if (deployment is Deployment.SqliteFile or Deployment.TwoSqliteFiles)
        {
            return new([.. Enumerable.Range(0, count).Select(i => i == 0 ? "identity.db" : $"identity-{i}.db")], onServer: false);
        }
        if (!Free.GetOrAdd(count, _ => []).TryTake(out var names))
        {
            var server = (await TestContext.Current.GetFixture<PostgresFixture>()).ShouldNotBeNull();
            names = new string[count];
            for (var i = 0; i < count; i++)
            {
                names[i] = await server.CreateDatabaseAsync();
            }
        }
        return new(names, onServer: true);
    }

    /// <summary>All rows of all tables, as the files or the server hold them.</summary>
    public async Task<string> ReadAllAsync(string folder, CancellationToken token)
    {
        var all = new System.Text.StringBuilder();
        foreach (var name in Names)
        {
            if (_onServer)
            {
                await using var connection = new NpgsqlConnection(name);
                await connection.OpenAsync(token);
                await using var command = new NpgsqlCommand("SELECT string_agg(query_to_xml('SELECT * FROM ' || tablename, true, true, '')::text, '') FROM pg_tables WHERE tablename LIKE 'identity%'", connection);
                all.Append((string)(await command.ExecuteScalarAsync(token))!);
                continue;
            }
            foreach (var file in Directory.GetFiles(folder, name + "*"))
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                var content = new byte[stream.Length];
                await stream.ReadExactlyAsync(content, token);
                all.Append(System.Text.Encoding.Latin1.GetString(content));
            }
        }
        return all.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_onServer || AreSpoilt)
        {
            return;
        }
        foreach (var name in Names)
        {
            await using var connection = new NpgsqlConnection(name);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                """
                DO $$ DECLARE t text; BEGIN
                  FOR t IN SELECT tablename FROM pg_tables WHERE tablename LIKE 'identity%' AND tablename NOT IN ('identity_migrations', 'identity_facts')
                  LOOP EXECUTE 'DELETE FROM ' || t; END LOOP;
                  DELETE FROM identity_facts WHERE "Key" NOT IN ('schema', 'oldest-program', 'installation', 'place');
                END $$
                """,
                connection);
            await command.ExecuteNonQueryAsync();
        }
        Free[Names.Length].Add(Names);
    }
}
