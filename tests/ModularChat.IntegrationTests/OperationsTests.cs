using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts.Identity;
using ModularChat.Host;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests;

public sealed class OperationsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_started_server_is_live_and_ready()
    {
        await using var server = await ChatServer.StartAsync();

        (await server.Anonymous.GetAsync("/health/live", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var ready = await server.Anonymous.GetFromJsonAsync<JsonElement>("/health/ready", Cancel);
        ready.GetProperty("status").GetString().ShouldBe("healthy");
        ready.GetProperty("checks").ToString().ShouldBe("""{"data folder":"healthy","backplane":"process","registry":"inprocess, 1 node","messages":"healthy","accounts":"healthy"}""");
    }

    [Fact]
    public async Task A_server_whose_store_does_not_answer_is_live_but_not_ready()
    {
        await using var server = await ChatServer.StartAsync(adjust: services =>
            services.AddTransient<IRequestHandler<PingAccounts, int>>(_ => throw new InvalidOperationException("a secret of the server")));

        using var live = await server.Anonymous.GetAsync("/health/live", Cancel);
        using var ready = await server.Anonymous.GetAsync("/health/ready", Cancel);

        (live.StatusCode, ready.StatusCode).ShouldBe((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable));
        (await ready.Content.ReadAsStringAsync(Cancel))
            .ShouldBe("""{"status":"unhealthy","checks":{"data folder":"healthy","backplane":"process","registry":"inprocess, 1 node","messages":"healthy","accounts":"Does not answer."}}""");
    }

    [Fact]
    public async Task A_data_folder_that_takes_no_writes_is_not_ready()
    {
        await using var server = await ChatServer.StartAsync();
        // A folder in the place of the file: it cannot be written, whoever runs the tests.
        Directory.CreateDirectory(Path.Combine(server.Folder, "health-probe"));

        using var ready = await server.Anonymous.GetAsync("/health/ready", Cancel);

        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await ready.Content.ReadAsStringAsync(Cancel)).ShouldContain("The data folder does not take writes.");
    }

    [Fact]
    public async Task The_program_asks_a_running_server_for_its_health()
    {
        await using var server = await ChatServer.StartAsync();
        var url = $"--Host:Url={server.Url.ToString().TrimEnd('/')}";

        (await Server.RunAsync(["--health", url])).ShouldBe(0);
        Directory.CreateDirectory(Path.Combine(server.Folder, "health-probe"));
        (await Server.RunAsync(["--health", url])).ShouldBe(1);
        await server.StopAsync();
        (await Server.RunAsync(["--health", url])).ShouldBe(1);
    }

    [Fact]
    public async Task Limits_state_the_settings_in_force_without_credentials()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Host:MaxRequestBytes=4096"]);

        var limits = await server.Anonymous.GetFromJsonAsync<Dictionary<string, long>>("limits", Cancel);

        limits!["maxRequestBytes"].ShouldBe(4096);
        limits["maxFrameBytes"].ShouldBe(1_048_576);
        limits["helloSeconds"].ShouldBe(10);
        limits["typingLimit"].ShouldBe(100);
    }

    [Fact]
    public async Task The_root_says_what_runs_here()
    {
        await using var server = await ChatServer.StartAsync();

        (await server.Anonymous.GetStringAsync("/", Cancel)).ShouldStartWith("ModularChat 0.1.0");
    }

    [Fact]
    public async Task The_second_listener_speaks_HTTP_2_and_the_first_HTTP_1_1()
    {
        await using var server = await ChatServer.StartAsync();
        using var http2 = server.NewHttp2Client(token: null);

        using var over2 = await http2.GetAsync("limits", Cancel);
        using var over1 = await server.Anonymous.GetAsync("limits", Cancel);

        (over2.StatusCode, over2.Version).ShouldBe((HttpStatusCode.OK, HttpVersion.Version20));
        (over1.StatusCode, over1.Version).ShouldBe((HttpStatusCode.OK, HttpVersion.Version11));
    }

    [Fact]
    public async Task A_stopped_server_leaves_its_folder_to_the_next()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-test-");
        try
        {
            await using (await ChatServer.StartAsync(folder: folder.FullName))
            {
            }
            await using var next = await ChatServer.StartAsync(folder: folder.FullName);
            (await next.Anonymous.GetAsync("/health/ready", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_process_starts_and_dies_by_kill()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-test-");
        try
        {
            await using var process = await ServerProcess.StartAsync(folder.FullName);
            using var client = new HttpClient { BaseAddress = process.Url };
            (await client.GetStringAsync("/", Cancel)).ShouldStartWith("ModularChat");

            await process.KillAsync();

            await Should.ThrowAsync<HttpRequestException>(() => client.GetStringAsync("/", Cancel));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
