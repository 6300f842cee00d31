using ModularChat.Shared.Servers;

namespace ModularChat.StorageTests.Servers;

/// <summary>The tests' own server, on which other tests rest.</summary>
public sealed class PostgresServerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_committed_outlives_a_kill_and_reaches_a_replica_that_can_take_over()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await using var server = await PostgresServer.StartAsync(Cancel);
        await server.CreateDatabaseAsync("chat", Cancel);
        await server.RunSqlAsync("chat", "CREATE TABLE t (n int); INSERT INTO t VALUES (1)", Cancel);
        await server.Kill9Async();
        await Should.ThrowAsync<InvalidOperationException>(() => server.RunSqlAsync("chat", "SELECT 1", Cancel));
        await server.StartAsync(Cancel);
        (await server.RunSqlAsync("chat", "SELECT n FROM t", Cancel)).ShouldBe("1");

        await using var replica = await server.MakeReplicaAsync(Cancel);
        (await replica.RunSqlAsync("chat", "SELECT n, pg_is_in_recovery() FROM t", Cancel)).ShouldBe("1|t");
        await server.StopAsync();
        await replica.PromoteAsync(Cancel);
        (await replica.RunSqlAsync("chat", "INSERT INTO t VALUES (2) RETURNING n", Cancel)).ShouldBe("2");
    }
}
