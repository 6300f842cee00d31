using System.Text.Json;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Push;

public sealed class ReadElsewhereTests
{
    [Fact]
    public async Task Devices_that_were_told_are_told_that_it_was_read_elsewhere_also_after_a_restart()
    {
        await using var push = await PushServer.StartAsync();
        var folder = Directory.CreateTempSubdirectory("modularchat-test-");
        try
        {
            Guid direct;
            Subscriber phone;
            long second;
            await using (var server = await ChatServer.StartAsync(folder: folder.FullName, settings: PushServer.Settings))
            {
                var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
                direct = (await alice.OpenDirectAsync(bob)).Id;
                phone = await push.SubscribeAsync(bob, "phone");
                await alice.SendAsync(direct, "one");
                await phone.WaitAsync(1);
                second = (await alice.SendAsync(direct, "two")).Seq;
                await phone.WaitAsync(2);
                // Not yet all of it; then what is left, by an answer.
                await bob.MarkAsync(direct, read: second - 1);
                var answer = await bob.SendAsync(direct, "three");
                Check((await phone.WaitAsync(3))[2], direct, answer.Seq);

                await alice.SendAsync(direct, "four");
                await phone.WaitAsync(4);
            }
            await using var after = await ChatServer.StartAsync(folder: folder.FullName, settings: PushServer.Settings);
            var reader = await after.LoginAsync("bob");
            await reader.MarkAsync(direct, read: second + 2);

            Check((await phone.WaitAsync(5))[4], direct, second + 2);
            push.Taken.Select(taken => taken.Headers["Urgency"]).ShouldBe(["high", "high", "low", "high", "low"]);
            push.Taken[2].Headers["Topic"].ShouldNotBe(push.Taken[1].Headers["Topic"]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Check(JsonElement said, Guid conversation, long seq)
    {
        said.GetProperty("kind").GetString().ShouldBe("read");
        said.GetProperty("conversationId").GetGuid().ShouldBe(conversation);
        said.GetProperty("seq").GetInt64().ShouldBe(seq);
        said.GetProperty("unread").GetInt64().ShouldBe(0);
        said.TryGetProperty("text", out _).ShouldBeFalse();
    }
}
