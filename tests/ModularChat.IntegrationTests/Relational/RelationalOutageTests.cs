using System.Net;
using System.Text.Json;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Relational;

/// <summary>A relational database that goes away while the server runs.</summary>
public sealed class RelationalOutageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_database_is_away_requests_may_be_tried_again_and_when_it_is_back_they_succeed()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await using var postgres = await PostgresServer.StartAsync(Cancel);
        var database = await postgres.CreateDatabaseAsync("chat", Cancel);
        await using var server = await ChatServer.StartAsync(settings: ["Storage:Relational:Engine=postgresql", "Storage:Relational:ConnectionString=" + database]);
        var anna = await server.RegisterAsync("anna");

        foreach (var outage in new[] { postgres.StopAsync, postgres.Kill9Async })
        {
            await outage();
            (await server.Anonymous.GetAsync("/health/live", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
            using (var ready = await server.Anonymous.GetAsync("/health/ready", Cancel))
            {
                ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                (await ready.Content.ReadAsStringAsync(Cancel)).ShouldContain("\"accounts\":\"Does not answer.\"");
            }
            using (var refused = await anna.Http.GetAsync("me", Cancel))
            {
                refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Cancel)).RootElement;
                problem.GetProperty("code").GetString().ShouldBe("storage_unavailable");
                problem.GetProperty("retryable").GetBoolean().ShouldBeTrue();
            }
            await postgres.StartAsync(Cancel);
            (await server.Anonymous.GetAsync("/health/ready", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await anna.Http.GetAsync("me", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await server.LoginAsync("anna")).Id.ShouldBe(anna.Id);
        }
    }

    [Fact]
    public async Task A_database_that_does_not_answer_makes_nobody_wait_long_for_readiness()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await using var postgres = await PostgresServer.StartAsync(Cancel);
        var database = await postgres.CreateDatabaseAsync("chat", Cancel);
        await using var server = await ChatServer.StartAsync(settings: ["Storage:Relational:Engine=postgresql", "Storage:Relational:ConnectionString=" + database]);
        await postgres.FreezeAsync(true, Cancel);
        (await server.Anonymous.GetAsync("/health/ready", Cancel)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await postgres.FreezeAsync(false, Cancel);
        (await server.Anonymous.GetAsync("/health/ready", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
