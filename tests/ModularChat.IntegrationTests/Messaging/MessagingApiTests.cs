using System.Net;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Messaging;

/// <summary>Sections 5 and 6 of docs/protocol.md over HTTP.</summary>
public sealed class MessagingApiTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_group_is_made_talked_in_and_left()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "bert", "cora");
        var (anna, bert, cora) = (users[0], users[1], users[2]);
        var group = await anna.CreateGroupAsync("Team", bert);
        group.Members!.Select(m => m.UserId).ShouldBe([anna.Id, bert.Id], ignoreOrder: true);

        var sent = await anna.SendAsync(group.Id, "hi @bert 你好");
        sent.Seq.ShouldBe(2);
        (await bert.ReactAsync(group.Id, sent.Seq, "👍")).Seq.ShouldBe(3);
        (await anna.EditAsync(group.Id, sent.Seq, "hello @bert")).Seq.ShouldBe(4);
        (await anna.AskAsync<Stored>(HttpMethod.Put, $"conversations/{group.Id}/messages/2/pin")).Seq.ShouldBe(5);
        var message = (await bert.HistoryAsync(group.Id)).Entries[1];
        message.Body!.ToString().ShouldBe($$"""{"text":"hello @bert","mentions":["{{bert.Id}}"]}""");
        (message.IsPinned, message.Reactions!.ShouldHaveSingleItem().Emoji).ShouldBe((true, "👍"));
        (await bert.GetConversationAsync(group.Id)).Me.Unread.ShouldBe(1);

        await anna.AddAsync(group.Id, cora);
        (await anna.AskAsync<Stored>(HttpMethod.Patch, $"conversations/{group.Id}", new { title = "Renamed", history = "joined" })).Seq.ShouldBe(7);
        (await anna.AskAsync<Stored>(HttpMethod.Patch, $"conversations/{group.Id}/members/{cora.Id}", new { role = "administrator" })).Seq.ShouldBe(8);
        (await cora.DeleteAsync(group.Id, 2)).Seq.ShouldBe(9);
        await anna.RemoveAsync(group.Id, anna);
        var seen = await cora.GetConversationAsync(group.Id);
        (seen.Title, seen.Me.Role, seen.MemberCount, seen.Head).ShouldBe(("Renamed", MemberRole.Owner, 2, 10));
        (await cora.AskAsync<MemberPage>(HttpMethod.Get, $"conversations/{group.Id}/members?limit=1")).More.ShouldBeTrue();
        (await cora.AskAsync<OwnState>(HttpMethod.Put, $"conversations/{group.Id}/preferences", new { pinned = true })).Pinned.ShouldBeTrue();
        (await anna.GetConversationAsync(group.Id)).Me.Ranges.ShouldBe([new SeqRange(1, 10)]);
    }

    [Fact]
    public async Task A_retry_is_stored_once_and_another_text_under_its_id_is_refused()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "bert");
        var direct = await users[0].OpenDirectAsync(users[1]);
        (await users[1].OpenDirectAsync(users[0])).Id.ShouldBe(direct.Id);
        var path = $"conversations/{direct.Id}/messages";
        var id = Ids.New();
        var first = await users[0].RequestAsync(HttpMethod.Post, path, new { clientMessageId = id, text = "once" });
        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        var second = await users[0].RequestAsync(HttpMethod.Post, path, new { clientMessageId = id, text = "once" });
        second.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await second.Content.ReadAsStringAsync(Cancel)).ShouldContain("\"duplicate\":true");
        await (await users[0].RequestAsync(HttpMethod.Post, path, new { clientMessageId = id, text = "twice" })).ShouldBeProblemAsync(ProblemCodes.IdReused);
        (await users[1].GetConversationAsync(direct.Id)).Head.ShouldBe(2);
    }

    [Fact]
    public async Task Between_blocked_people_nothing_is_opened_written_or_added()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "bert", "cora");
        var (anna, bert) = (users[0], users[1]);
        var direct = (await anna.OpenDirectAsync(bert)).Id;
        var own = await anna.SendAsync(direct, "before");
        var shared = await users[2].CreateGroupAsync("Shared", anna, bert);
        await bert.BlockAsync(anna);
        foreach (var (one, other) in new[] { (anna, bert), (bert, anna) })
        {
            (HttpMethod, string, object?)[] refused =
            [
                (HttpMethod.Put, $"conversations/direct/{other.Id}", null),
                (HttpMethod.Post, $"conversations/{direct}/messages", new { clientMessageId = Ids.New(), text = "after" }),
                (HttpMethod.Put, $"conversations/{direct}/messages/{own.Seq}/reactions/x", null),
                (HttpMethod.Put, $"conversations/{Ids.New()}", new { title = "Trap", userIds = new[] { other.Id } }),
            ];
            foreach (var (method, path, body) in refused)
            {
                await (await one.RequestAsync(method, path, body)).ShouldBeProblemAsync(ProblemCodes.Unreachable);
            }
            (await one.SendAsync(shared.Id, "in a shared group both remain")).Duplicate.ShouldBeFalse();
        }
        (await anna.DeleteAsync(direct, own.Seq)).Seq.ShouldBe(3);
    }

    [Fact]
    public async Task Bad_messages_are_refused_and_nothing_is_stored()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var self = Ids.Self(user.Id);
        var before = (await user.GetConversationAsync(self)).Head;
        (string Json, string Code)[] bad =
        [
            ("""{"clientMessageId":"0197b1c1-0000-7000-8000-000000000001","text":""}""", "invalid_text"),
            ("""{"clientMessageId":"0197b1c1-0000-7000-8000-000000000001"}""", "invalid_text"),
            ("""{"clientMessageId":"0197b1c1-0000-7000-8000-000000000001","text":"a\u0000"}""", "invalid_text"),
            ("""{"text":"no id"}""", "invalid_request"),
            ("""{"clientMessageId":"0197b1c1","text":"short id"}""", "malformed_json"),
            ("""{"clientMessageId":"0197b1c1-0000-7000-8000-000000000001","text":5}""", "malformed_json"),
            ("""{"clientMessageId":"0197b1c1-0000-7000-8000-000000000001","text":"a","replyTo":"x"}""", "malformed_json"),
            ("""{"clientMessageId":"0197b1c1-0000-7000-8000-000000000001","text":"a","replyTo":0}""", "invalid_request"),
            ("""{"clientMessageId":"0197b1c1-0000-7000-8000-000000000001","text":"a","replyTo":77}""", "message_not_found"),
            ("""{"clientMessageId":""", "malformed_json"),
            ("[]", "malformed_json"),
            ("null", "malformed_json"),
            ("", "malformed_json"),
        ];
        foreach (var (json, code) in bad)
        {
            await ShouldBeCodeAsync(await PostAsync(user, $"conversations/{self}/messages", json), code, json);
        }
        (await user.GetConversationAsync(self)).Head.ShouldBe(before);
    }

    // In JSON a lone surrogate can only come as an escape or as broken UTF-8.
    [Fact]
    public async Task A_lone_surrogate_is_refused()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var response = await PostAsync(user, $"conversations/{Ids.Self(user.Id)}/messages", $$"""{"clientMessageId":"{{Ids.New()}}","text":"a\ud83d"}""");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldContain("\"retryable\":false");
    }

    [Fact]
    public async Task The_longest_text_is_stored_and_a_longer_one_is_refused_with_the_limit()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var self = Ids.Self(user.Id);
        var stored = await user.SendAsync(self, new string('\u20ac', 100_000));
        (await user.HistoryAsync(self)).Entries.Single(e => e.Seq == stored.Seq).Body!.Utf8.Length.ShouldBeGreaterThan(300_000);
        var response = await user.RequestAsync(HttpMethod.Post, $"conversations/{self}/messages", new { clientMessageId = Ids.New(), text = new string('x', 100_001) });
        var problem = await response.ShouldBeProblemAsync(ProblemCodes.TooLong);
        (problem.GetProperty("limit").GetInt32(), problem.GetProperty("field").GetString()).ShouldBe((100_000, "text"));
    }

    [Fact]
    public async Task Bad_values_in_the_address_are_refused()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var self = Ids.Self(user.Id);
        (string Method, string Path, string Code)[] bad =
        [
            ("GET", "conversations/nonsense", "invalid_request"),
            ("POST", "conversations/nonsense/typing", "invalid_request"),
            ("PUT", "conversations/direct/nonsense", "invalid_request"),
            ("GET", "sync?limit=0", "invalid_request"),
            ("GET", "sync?limit=1000000000", "invalid_request"),
            ("GET", "sync?wait=-1", "invalid_request"),
            ("GET", "sync?wait=61", "invalid_request"),
            ("GET", "sync?cursor=AAAA", "invalid_cursor"),
            ("GET", $"conversations/{self}/messages?limit=0", "invalid_request"),
            ("GET", $"conversations/{self}/messages?limit=1000000000", "invalid_request"),
            ("GET", $"conversations/{self}/messages?before=x", "invalid_request"),
            ("GET", "conversations?limit=0", "invalid_request"),
            ("GET", "conversations?limit=1000000000", "invalid_request"),
            ("GET", "conversations?limit=many", "invalid_request"),
            ("GET", "conversations?after=x", "invalid_request"),
            ("GET", $"conversations/{self}/members?limit=1001", "invalid_request"),
            ("DELETE", $"conversations/{self}/messages/0", "message_not_found"),
            ("DELETE", $"conversations/{self}/messages/-1", "message_not_found"),
            ("DELETE", $"conversations/{self}/messages/9223372036854775807", "message_not_found"),
            ("DELETE", $"conversations/{self}/messages/9223372036854775808", "invalid_request"),
            ("DELETE", $"conversations/{self}/messages/1?clientMessageId=1", "invalid_request"),
            ("PUT", $"conversations/{self}/messages/1/reactions/xx", "invalid_text"),
            ("PUT", "conversations/direct/00000000-0000-0000-0000-000000000000", "not_found"),
        ];
        foreach (var (method, path, code) in bad)
        {
            await ShouldBeCodeAsync(await user.RequestAsync(new HttpMethod(method), path), code, path);
        }
    }

    [Fact]
    public async Task Bad_groups_are_refused()
    {
        await using var server = await ChatServer.StartAsync(settings: "Messaging:MaxGroupMembers=3");
        var users = await server.RegisterAsync("anna", "bert", "cora", "dora");
        (string Id, object Body, string Code)[] bad =
        [
            ($"{Ids.New()}", new { title = "", userIds = Array.Empty<Guid>() }, "invalid_text"),
            ($"{Ids.New()}", new { title = new string('t', 101), userIds = Array.Empty<Guid>() }, "too_long"),
            ($"{Ids.New()}", new { title = "t", userIds = Array.Empty<Guid>(), history = "sometimes" }, "malformed_json"),
            ($"{Ids.New()}", new { title = "t", userIds = new[] { Ids.New() } }, "invalid_request"),
            ($"{Ids.New()}", new { title = "t", userIds = users[1..].Select(u => u.Id) }, "limit_reached"),
            ($"{Guid.Empty}", new { title = "t", userIds = Array.Empty<Guid>() }, "invalid_request"),
            ($"{Ids.Direct(users[1].Id, users[2].Id)}", new { title = "t", userIds = Array.Empty<Guid>() }, "invalid_request"),
        ];
        foreach (var (id, body, code) in bad)
        {
            await ShouldBeCodeAsync(await users[0].RequestAsync(HttpMethod.Put, $"conversations/{id}", body), code, id);
        }
        var page = await users[0].AskAsync<ConversationPage>(HttpMethod.Get, "conversations");
        page.Conversations.ShouldHaveSingleItem().Kind.ShouldBe(ConversationKind.Self);
    }

    [Fact]
    public async Task Conversations_are_listed_page_by_page()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        for (var i = 0; i < 4; i++)
        {
            await user.CreateGroupAsync($"Group {i}");
        }
        var seen = new List<Guid>();
        ConversationPage page;
        do
        {
            page = await user.AskAsync<ConversationPage>(HttpMethod.Get, $"conversations?limit=2{(seen.Count == 0 ? "" : $"&after={seen[^1]}")}");
            seen.AddRange(page.Conversations.Select(c => c.Id));
        }
        while (page.More);
        seen.Distinct().Count().ShouldBe(5);
        seen.ShouldBe(seen.Order());
    }

    private static Task<HttpResponseMessage> PostAsync(ChatUser user, string path, string json) =>
        user.Http.PostAsync(path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"), Cancel);

    private static async Task ShouldBeCodeAsync(HttpResponseMessage response, string code, string request)
    {
        var text = await response.Content.ReadAsStringAsync(Cancel);
        text.ShouldContain($"\"code\":\"{code}\"", customMessage: request);
        response.IsSuccessStatusCode.ShouldBeFalse();
    }
}
