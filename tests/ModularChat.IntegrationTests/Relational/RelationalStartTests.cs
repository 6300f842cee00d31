using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Relational;

/// <summary>What is wrong with a relational database shows at the start, in one sentence without the password.</summary>
public sealed class RelationalStartTests : IDisposable
{
    private const string Secret = "s3cret-of-the-operator";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modularchat-test-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Storage:Relational:Engine is 'mysql', but must be sqlite or postgresql.", "Engine=mysql")]
    [InlineData("Storage:Relational needs either ConnectionString (one database) or Shards (several) for postgresql, not both.", "Engine=postgresql")]
    [InlineData("Storage:Relational:ConnectionString must be a connection string like Host=...;Username=...;Password=...;Database=...", "Engine=postgresql", "ConnectionString=" + Secret)]
    [InlineData("Storage:Relational:ConnectionString must be empty for sqlite", "ConnectionString=Host=127.0.0.1;Password=" + Secret)]
    [InlineData("Storage:Relational:ReadReplicas must be empty for sqlite", "ReadReplicas:0=Host=127.0.0.1;Password=" + Secret)]
    [InlineData("for sqlite each must be the name of a file that ends with .db", "Shards:0=../identity.db")]
    [InlineData("Storage:Relational:Shards names a file twice.", "Shards:0=a.db", "Shards:1=a.db")]
    [InlineData("is not a setting of ModularChat", "Conection=Host=127.0.0.1;Password=" + Secret)]
    public Task Settings_that_do_not_fit_are_refused(string sentence, params string[] settings) => RefusedAsync(sentence, settings);

    [Fact]
    public Task A_part_of_the_connection_string_that_nobody_knows_is_refused() =>
        RefusedAsync("Storage:Relational:ConnectionString has a part that PostgreSQL's connection strings do not know", "Engine=postgresql", $"ConnectionString=Host=127.0.0.1;Pasword={Secret}");

    [Fact]
    public Task A_server_that_is_not_there_is_named() =>
        RefusedAsync("The database 127.0.0.1:1/chat (Storage:Relational:ConnectionString) cannot be reached: ", "Engine=postgresql", $"ConnectionString=Host=127.0.0.1;Port=1;Username=chat;Password={Secret};Database=chat");

    [Fact]
    public async Task A_server_that_does_not_let_us_in_says_why()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await using var postgres = await PostgresServer.StartAsync(Cancel);
        var good = postgres.ConnectionString("chat");
        await RefusedAsync("does not let the user 'postgres' in: the password is wrong or missing.", "Engine=postgresql", "ConnectionString=" + good.Replace(PostgresServer.Password, Secret, StringComparison.Ordinal));
        await RefusedAsync("(Storage:Relational:ConnectionString) cannot be used: database \"chat\" does not exist.", "Engine=postgresql", "ConnectionString=" + good);
        await postgres.CreateDatabaseAsync("chat", Cancel);
        await postgres.RunSqlAsync("chat", "ALTER SYSTEM SET synchronous_commit = off; ", Cancel);
        await postgres.RunSqlAsync("chat", "SELECT pg_reload_conf()", Cancel);
        await RefusedAsync("has synchronous_commit=off", "Engine=postgresql", "ConnectionString=" + good);
    }

    [Fact]
    public async Task Several_processes_that_start_at_once_make_the_tables_once()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await using var postgres = await PostgresServer.StartAsync(Cancel);
        string[] settings =
        [
            "Storage:Relational:Engine=postgresql",
            "Storage:Relational:Shards:0=" + await postgres.CreateDatabaseAsync("chat0", Cancel),
            "Storage:Relational:Shards:1=" + await postgres.CreateDatabaseAsync("chat1", Cancel),
            "Identity:SetupCode=setup-code-of-tests",
        ];
        var starts = Enumerable.Range(0, 3).Select(i => ServerProcess.StartAsync(Path.Combine(_folder.FullName, $"node{i}"), settings: settings)).ToArray();
        var servers = await Task.WhenAll(starts);
        try
        {
            (await postgres.RunSqlAsync("chat0", "SELECT count(*), count(DISTINCT \"MigrationId\") FROM identity_migrations", Cancel)).ShouldNotBe("0|0");
            (await postgres.RunSqlAsync("chat1", "SELECT \"Number\", \"Text\" FROM identity_facts WHERE \"Key\" = 'place'", Cancel)).ShouldBe("1|2");
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
        // The number of databases and their order are fixed now.
        await RefusedAsync("were made over 2 database(s), but Storage:Relational names 1", "Engine=postgresql", "ConnectionString=" + postgres.ConnectionString("chat0"));
        await RefusedAsync("stands at place 1 of Storage:Relational:Shards, but was made at place 2", "Engine=postgresql", "Shards:0=" + postgres.ConnectionString("chat1"), "Shards:1=" + postgres.ConnectionString("chat0"));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task RefusedAsync(string sentence, params string[] settings)
    {
        var (exit, output, error) = await ServerProcess.RunAsync(
            ["--Host:Url=http://127.0.0.1:0", "--Storage:Directory=" + Path.Combine(_folder.FullName, "data"), .. settings.Select(setting => "--Storage:Relational:" + setting)]);
        error.ShouldContain(sentence);
        error.Trim().ShouldNotContain("\n");
        (output + error).ShouldNotContain(Secret);
        (output + error).ShouldNotContain(PostgresServer.Password);
        exit.ShouldBe(1);
    }
}
