using ModularChat.Client;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Hub;

/// <summary>The cursor is the same everywhere: who changes the transport every few entries misses nothing.</summary>
public sealed class HoppingTests
{
    private const int Steps = 700;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task One_cursor_over_five_transports_folds_to_the_state_of_somebody_who_starts_anew(int seed)
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris", "chen");
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var api = new ChatApi(http, server.Url, new ChatCredentials(users[1].Token));
        var random = new Random(seed);
        var chat = new Chatter(users[0], users[1], users[2], random);
        await chat.StartAsync();
        var hopper = new Hopper(server.Url, users[1], api);
        var hops = 0;
        while (chat.Steps < Steps)
        {
            var way = (Way)random.Next(5);
            var before = random.Next(3);
            var during = 1 + random.Next(8);
            await chat.WriteAsync(before);
            switch (way)
            {
                case Way.Poll:
                    await chat.WriteAsync(during);
                    await hopper.PollAsync(limit: 1 + random.Next(5), pages: 1 + random.Next(4), TimeSpan.Zero);
                    break;
                case Way.LongPoll:
                    var writing = chat.WriteAsync(during);
                    await hopper.PollAsync(limit: 1 + random.Next(20), pages: 2, TimeSpan.FromSeconds(1));
                    await writing;
                    break;
                default:
                    // Now and then long enough for a cursor of the live part.
                    var cursors = random.Next(25) == 0 ? hopper.CursorFrames + 1 : 0;
                    await hopper.LiveAsync(way, async () =>
                    {
                        await chat.WriteAsync(during);
                        return () => chat.Heads.All(head => hopper.Has(head.Key, head.Value)) && hopper.CursorFrames >= cursors;
                    });
                    break;
            }
            hops++;
        }
        await hopper.PollAsync(limit: 500, pages: 100, TimeSpan.Zero);

        var fresh = new Hopper(server.Url, users[1], api);
        await fresh.PollAsync(limit: 500, pages: 100, TimeSpan.Zero);
        hopper.Folds.Keys.Order().ShouldBe(fresh.Folds.Keys.Order());
        hopper.Show().ShouldBe(fresh.Show());
        chat.Heads.ShouldAllBe(head => hopper.Has(head.Key, head.Value));
        hopper.Came.Keys.Order().ShouldBe(Enum.GetValues<Way>());
        hopper.Came.Values.ShouldAllBe(came => came > 20);
        hopper.Doubled.ShouldBeGreaterThan(0);
        hopper.CursorFrames.ShouldBeGreaterThan(0);
        hops.ShouldBeGreaterThan(70);
    }
}
