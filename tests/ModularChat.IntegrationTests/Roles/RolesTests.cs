using ModularChat.Contracts;
using ModularChat.Host;
using ModularChat.IntegrationTests.Servers;
using ModularChat.IntegrationTests.Upkeep;
using ModularChat.Storage;

namespace ModularChat.IntegrationTests.Roles;

/// <summary>What a process with some of the roles has, and what not.</summary>
public sealed class RolesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_process_of_presence_opens_neither_log_nor_accounts_and_says_where_the_rest_is()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var server = await cluster.AddAsync("one", "presence");

        File.Exists(Path.Combine(server.Folder, "messages.db")).ShouldBeFalse();
        File.Exists(Path.Combine(server.Folder, "identity.db")).ShouldBeFalse();
        File.Exists(Path.Combine(server.Folder, "presence.db")).ShouldBeTrue();
        (await server.Anonymous.GetAsync(new Uri(server.Url, "/health/ready"), Cancel)).EnsureSuccessStatusCode();
        (await server.Anonymous.GetAsync("limits", Cancel)).EnsureSuccessStatusCode();
        foreach (var path in new[] { "me", "server", "conversations", "presence?userIds=", "register" })
        {
            await (await server.Anonymous.GetAsync(path, Cancel)).ShouldBeProblemAsync(ProblemCodes.NoSuchEndpoint);
        }
        foreach (var path in new[] { "/api/v1/ws", "/api/v1/events", "/hubs/chat", "/hubs/chat/negotiate?negotiateVersion=1" })
        {
            var problem = await (await server.Anonymous.GetAsync(new Uri(server.Url, path), Cancel)).ShouldBeProblemAsync(ProblemCodes.NoSuchEndpoint);
            problem.GetProperty("detail").GetString()!.ShouldContain("discovery/server");
        }
    }

    [Fact]
    public async Task A_process_of_discovery_answers_who_asks_for_a_server_and_nobody_else()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var server = await cluster.AddAsync("one", "discovery");

        await (await server.Anonymous.GetAsync("discovery/server", Cancel)).ShouldBeProblemAsync(ProblemCodes.NoServer);
        await (await server.Anonymous.GetAsync("me", Cancel)).ShouldBeProblemAsync(ProblemCodes.NoSuchEndpoint);
        Directory.GetFiles(server.Folder, "*.db").ShouldBeEmpty();
    }

    [Fact]
    public async Task The_tool_says_where_a_command_can_be_run_instead()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var server = await cluster.AddAsync("one", "presence");

        (await Should.ThrowAsync<StartupException>(() => CapturedOutput.RunAsync(server.Folder, "store verify")))
            .Message.ShouldBe("This server is presence and has not the module Messaging, which store verify needs: run it where that is (Cluster:Roles).");
    }

    [Theory]
    [InlineData("api, gatewy", "gatewy")]
    [InlineData("All", "All")]
    [InlineData("", "Cluster:Roles")]
    public void A_role_that_is_not_known_is_refused_with_those_that_are(string roles, string named)
    {
        var message = Should.Throw<StartupException>(() => Server.Build(["--Cluster:Roles=" + roles])).Message;

        message.ShouldContain(named);
        message.ShouldContain("gateway");
    }

    [Fact]
    public void A_process_that_lacks_modules_must_be_able_to_reach_the_others()
    {
        var message = Should.Throw<StartupException>(() => Server.Build(["--Cluster:Roles=gateway"])).Message;
        message.ShouldContain("Cluster:InternalUrl must say");
        message.ShouldContain("Discovery:Registry must be");
        message = Should.Throw<StartupException>(() => Server.Build(["--Cluster:InternalUrl=http://127.0.0.1:0", "--Cluster:Secret=too-short-a-secret"])).Message;
        message.ShouldContain("at least 32 characters");
        message.ShouldNotContain("too-short-a-secret");
        Should.Throw<StartupException>(() => Server.Build(["--Cluster:InternalUrl=127.0.0.1"])).Message.ShouldContain("Cluster:InternalUrl");
    }

    [Theory]
    [InlineData("gateway", true, "gateway messaging")]
    [InlineData("gateway", false, "gateway")]
    [InlineData("api , presence", true, "api presence")]
    [InlineData("api,all", true, "all")]
    public void A_gateway_has_messaging_beside_it_unless_told_otherwise(string roles, bool beside, string effective)
    {
        var settings = new Microsoft.Extensions.Configuration.ConfigurationManager { ["Cluster:Roles"] = roles, ["Cluster:MessagingBesideGateway"] = beside.ToString() };

        var loaded = Host.Roles.LoadedModules.Read(settings);

        string.Join(' ', loaded.Roles).ShouldBe(effective);
        loaded.Loads("Messaging").ShouldBe(effective.Contains("messaging", StringComparison.Ordinal) || effective == "all");
        loaded.Loads("Identity").ShouldBe(effective.Contains("api", StringComparison.Ordinal) || effective == "all");
        loaded.Loads("Discovery").ShouldBeTrue();
    }
}
