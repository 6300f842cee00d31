using System.Text.Json;
using ModularChat.IntegrationTests.Servers;
using ModularChat.IntegrationTests.Upkeep;

namespace ModularChat.IntegrationTests.Push;

public sealed class TraceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_trace_says_why_a_push_came_and_why_not_and_that_it_was_shown()
    {
        await using var push = await PushServer.StartAsync();
        await using var server = await ChatServer.StartAsync(settings: PushServer.Settings);
        var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
        var group = await alice.CreateGroupAsync("Team", bob);
        var device = await push.SubscribeAsync(bob, "bob");
        var first = await alice.SendAsync(group.Id, "one");
        var said = (await device.WaitAsync(1))[0];
        (await ShowAsync(server, said.GetProperty("id").GetGuid(), "AAAA")).ShouldBe(400);
        (await ShowAsync(server, said.GetProperty("id").GetGuid(), said.GetProperty("receipt").GetString()!)).ShouldBe(204);
        await bob.AskAsync<JsonElement>(HttpMethod.Put, $"conversations/{group.Id}/preferences", new { mutedUntil = "2100-01-01T00:00:00Z" });
        var second = await alice.SendAsync(group.Id, "two");

        await StepsAsync(bob, $"{group.Id}:{first.Seq}", "queued", "sent 201", "shown");
        await StepsAsync(bob, $"{group.Id}:{second.Seq}", "suppressed muted");
        (await alice.AskAsync<JsonElement>(HttpMethod.Get, "me/push/trace")).GetProperty("steps").GetArrayLength().ShouldBe(0, "it is bob's");
        var (exit, output) = await CapturedOutput.RunAsync(server.Folder, "push trace", new() { ["name"] = "bob", ["message"] = $"{group.Id}:{first.Seq}" });
        exit.ShouldBe(0);
        output.ToString().ShouldContain("sent       201");
    }

    [Fact]
    public async Task What_was_given_up_is_shown_to_the_administrator_and_can_be_sent_again()
    {
        await using var push = await PushServer.StartAsync();
        await using var server = await ChatServer.StartAsync(settings: PushServer.Settings);
        var (admin, bob) = (await server.RegisterAsync("admin"), await server.RegisterAsync("bob"));
        var direct = await admin.OpenDirectAsync(bob);
        var device = await push.SubscribeAsync(bob, "bob");
        push.Reply = _ => new PushReply(400);
        var sent = await admin.SendAsync(direct.Id, "hello");
        JsonElement dead;
        while ((dead = (await admin.AskAsync<JsonElement>(HttpMethod.Get, "admin/push/dead")).GetProperty("pushes")).GetArrayLength() == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        }
        (dead[0].GetProperty("seq").GetInt64(), dead[0].GetProperty("answer").GetString(), dead[0].GetProperty("attempts").GetInt32()).ShouldBe((sent.Seq, "400", 1));

        push.Reply = _ => new PushReply();
        using var resent = await admin.RequestAsync(HttpMethod.Post, $"admin/push/dead/{dead[0].GetProperty("id").GetGuid()}/resend");
        ((int)resent.StatusCode).ShouldBe(204);

        (await device.WaitAsync(1))[0].GetProperty("text").GetString().ShouldBe("hello");
        (await admin.AskAsync<JsonElement>(HttpMethod.Get, "admin/push/dead")).GetProperty("pushes").GetArrayLength().ShouldBe(0);
        using var again = await admin.RequestAsync(HttpMethod.Post, $"admin/push/dead/{dead[0].GetProperty("id").GetGuid()}/resend");
        ((int)again.StatusCode).ShouldBe(404);
    }

    [Fact]
    public async Task A_test_push_tells_whether_the_way_is_open()
    {
        await using var push = await PushServer.StartAsync();
        await using var server = await ChatServer.StartAsync(settings: PushServer.Settings);
        var bob = await server.RegisterAsync("bob");
        var (nobody, none) = await CapturedOutput.RunAsync(server.Folder, "push test", new() { ["name"] = "bob" });
        nobody.ShouldBe(1);
        none.ToString().ShouldContain("no subscription");
        var device = await push.SubscribeAsync(bob, "bob");

        var (exit, output) = await CapturedOutput.RunAsync(server.Folder, "push test", new() { ["name"] = "bob" });

        exit.ShouldBe(0, output.ToString());
        device.Pushes.ShouldHaveSingleItem().GetProperty("kind").GetString().ShouldBe("test");
    }

    private static async Task<int> ShowAsync(ChatServer server, Guid id, string receipt)
    {
        using var response = await server.Anonymous.PostAsync("push/shown", System.Net.Http.Json.JsonContent.Create(new { id, receipt }), Cancel);
        return (int)response.StatusCode;
    }

    /// <summary>Waits until the trace of a message is this: its last steps are written a moment after they happen.</summary>
    private static async Task StepsAsync(ChatUser user, string message, params string[] expected)
    {
        string[] steps;
        var looks = 0;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
            steps = [.. (await user.AskAsync<JsonElement>(HttpMethod.Get, $"me/push/trace?messageId={message}")).GetProperty("steps").EnumerateArray()
                .Select(step => $"{step.GetProperty("step").GetString()} {(step.TryGetProperty("detail", out var detail) ? detail.GetString() : "")}".TrimEnd())];
        }
        while (steps.Length < expected.Length && ++looks < 200);
        steps.ShouldBe(expected, ignoreOrder: true);
    }
}
