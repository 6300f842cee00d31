using ModularChat.Client;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Discovery;

public sealed class ClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_whose_recommended_server_is_not_there_goes_to_the_address_that_it_was_given()
    {
        await using var server = await ChatServer.StartAsync(settings: $"Discovery:Node:PublicUrl=http://127.0.0.1:{ServerProcess.FreePort()}");
        var user = await server.RegisterAsync("somebody");
        await using var client = new ChatClient(new ChatClientOptions { Url = server.Url, Token = user.Token, Transport = Transport.WebSocket });

        await client.ConnectAsync(Token);

        client.State.ShouldBe(ConnectionState.Live);
    }

    [Fact]
    public async Task A_client_goes_to_the_recommended_server_and_sends_the_rest_to_the_address_that_it_was_given()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("somebody");
        // The one that answers recommends the other, and has no WebSocket of its own for this client: its token is not known there.
        await using var other = await ChatServer.StartAsync(settings: $"Discovery:Node:PublicUrl={server.Url.GetLeftPart(UriPartial.Authority)}");
        await using var client = new ChatClient(new ChatClientOptions { Url = other.Url, Token = user.Token, Transport = Transport.WebSocket });

        await client.ConnectAsync(Token);

        client.UserId.ShouldBe(user.Id);
        (await Should.ThrowAsync<ChatProblemException>(() => client.Api.GetMeAsync(Token))).Problem.Code.ShouldBe("unauthorized");
    }

    [Fact]
    public async Task A_client_waits_as_long_as_it_is_told_while_no_server_takes_connections()
    {
        await using var server = await ChatServer.StartAsync(settings: "Discovery:Node:Capacity=1");
        var user = await server.RegisterAsync("somebody");
        using var first = await server.Anonymous.GetAsync("discovery/server", Token);
        var waits = new TaskCompletionSource<ChatProblem>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new ChatClient(new ChatClientOptions
        {
            Url = server.Url,
            Token = user.Token,
            Transport = Transport.WebSocket,
            OnEvent = what =>
            {
                if (what is ConnectionChanged { State: ConnectionState.Waiting, Problem: { } problem })
                {
                    waits.TrySetResult(problem);
                }
            },
        });

        var connecting = client.ConnectAsync(Token);

        var problem = await waits.Task.WaitAsync(Token);
        (problem.Code, problem.RetryAfterMs >= 2000).ShouldBe(("no_server", true));
        // The place that was promised to somebody who never came is free again after some seconds.
        await connecting;
    }
}
