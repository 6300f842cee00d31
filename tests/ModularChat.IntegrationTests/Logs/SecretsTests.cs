using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Logs;

/// <summary>What may stand in a log, and how much of it.</summary>
public sealed class SecretsTests
{
    private const string Text = "marker-of-a-private-text";
    private const string WrongPassword = "marker of a wrong password";
    private const string NewPassword = "marker of a new password";
    private const string SetupCode = "marker-of-the-setup-code";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task At_the_most_verbose_level_no_text_password_token_or_code_is_in_the_log()
    {
        using var log = new CapturedLog();
        await using var server = await ChatServer.StartAsync(
            adjust: services => services.AddSingleton<ILoggerProvider>(log),
            settings:
            [
                "Logging:LogLevel:Default=Trace", "Logging:LogLevel:Microsoft.AspNetCore=Trace", "Logging:LogLevel:Microsoft.EntityFrameworkCore=Trace",
                "Logging:LogLevel:ModularChat.Host.Edge.RequestLogMiddleware=Trace", "Logging:LogLevel:ModularChat.Host.Edge.CredentialsHandler=Trace",
                "Logging:Console:LogLevel:Default=None", $"Identity:SetupCode={SetupCode}",
            ]);
        List<string> secrets = [Text, ChatUser.Password, WrongPassword, NewPassword, SetupCode];

        var anna = await server.RegisterAsync("anna");
        var bert = await server.RegisterAsync("bert");
        var second = await server.LoginAsync("anna");
        secrets.AddRange([anna.Token, bert.Token, second.Token]);
        await AccountsAsync(server, anna, bert, secrets);
        var group = await anna.CreateGroupAsync("Team", bert);
        await OverHttpAsync(anna, bert, group.Id);
        await OverWebSocketAsync(server, second, group.Id);
        await server.StopAsync();

        log.Lines.ShouldContain(line => line.Contains("SendMessage: done", StringComparison.Ordinal), "The most verbose level was not on.");
        log.Lines.ShouldContain(line => line.Contains("INSERT INTO", StringComparison.Ordinal), "The database's own lines were not on.");
        log.Lines.Where(line => secrets.Exists(secret => line.Contains(secret, StringComparison.Ordinal))).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_clients_do_wrong_writes_nothing_into_the_log_of_an_operator()
    {
        using var log = new CapturedLog();
        // As the settings file has it.
        await using var server = await ChatServer.StartAsync(
            adjust: services => services.AddSingleton<ILoggerProvider>(log), settings: ["Logging:LogLevel:Default=Information", "Logging:Console:LogLevel:Default=None"]);
        var anna = await server.RegisterAsync("anna");
        log.Clear();

        await (await server.Anonymous.PostAsJsonAsync("register", new { name = "ANNA", password = ChatUser.Password }, Token)).ShouldBeProblemAsync(ProblemCodes.NameTaken);
        await (await server.Anonymous.PostAsJsonAsync("login", new { name = "anna", password = WrongPassword }, Token)).ShouldBeProblemAsync(ProblemCodes.WrongCredentials);
        await (await server.Anonymous.GetAsync("me", Token)).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        using var forged = server.NewClient("mcs_wrong");
        await (await forged.GetAsync("me", Token)).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        await (await anna.RequestAsync(HttpMethod.Post, "admin/applications", new { name = "x", scopes = (string[])["y"] })).ShouldBeProblemAsync(ProblemCodes.InvalidRequest);
        await (await anna.RequestAsync(HttpMethod.Get, $"conversations/{Ids.New()}")).ShouldBeProblemAsync(ProblemCodes.NotFound);
        await (await anna.Http.PostAsync("register", new StringContent("{", Encoding.UTF8, "application/json"), Token)).ShouldBeProblemAsync(ProblemCodes.MalformedJson);
        await using (var socket = await RawSocket.OpenAsync(server.Url, Token))
        {
            await socket.SendTextAsync("nonsense", Token);
            (await socket.ClosedAsync(Token)).ShouldBe(4101);
        }

        // That the server itself has come up may be told while all this goes on.
        log.LinesFrom(LogLevel.Information).Where(line => !line.Contains("Discovery.Registry.KnownNodes[6002]", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static async Task AccountsAsync(ChatServer server, ChatUser anna, ChatUser bert, List<string> secrets)
    {
        await server.Anonymous.PostAsJsonAsync("login", new { name = "bert", password = WrongPassword }, Token);
        await server.Anonymous.PostAsJsonAsync("register", new { name = "BERT", password = WrongPassword, setupCode = SetupCode, invite = WrongPassword }, Token);
        secrets.Add((await anna.AskAsync<JsonElement>(HttpMethod.Post, "admin/invites")).GetProperty("code").GetString()!);
        var reset = (await anna.AskAsync<JsonElement>(HttpMethod.Post, $"admin/users/{bert.Id}/reset")).GetProperty("code").GetString()!;
        var carol = await server.RegisterAsync("carol");
        var forCarol = (await anna.AskAsync<JsonElement>(HttpMethod.Post, $"admin/users/{carol.Id}/reset")).GetProperty("code").GetString()!;
        (await server.Anonymous.PostAsJsonAsync("password/reset", new Dictionary<string, string> { ["code"] = forCarol, ["new"] = NewPassword }, Token)).EnsureSuccessStatusCode();
        (await bert.RequestAsync(HttpMethod.Post, "password", new Dictionary<string, string> { ["current"] = ChatUser.Password, ["new"] = NewPassword })).EnsureSuccessStatusCode();
        var key = (await anna.AskAsync<JsonElement>(HttpMethod.Post, "admin/applications", new { name = "shop", scopes = ApplicationScopes.All }))
            .GetProperty("key").GetString()!;
        using var application = server.NewClient(key);
        (await application.PutAsJsonAsync("applications/users/one", new { }, Token)).EnsureSuccessStatusCode();
        var session = await (await application.PostAsJsonAsync("applications/users/one/sessions", new { }, Token)).Content.ReadFromJsonAsync<JsonElement>(Token);
        secrets.AddRange([reset, forCarol, carol.Token, key, session.GetProperty("session").GetProperty("token").GetString()!]);
    }

    private static async Task OverHttpAsync(ChatUser anna, ChatUser bert, Guid group)
    {
        var (cursor, _) = await bert.SyncAllAsync();
        var sent = await anna.SendAsync(group, Text + " @bert");
        await anna.SendAsync(group, Text, replyTo: sent.Seq);
        await anna.EditAsync(group, sent.Seq, "edited " + Text);
        await bert.SyncAllAsync(cursor);
        await bert.HistoryAsync(group);
        await anna.DeleteAsync(group, sent.Seq);
        var path = $"conversations/{group}/messages";
        string[] wrong =
        [
            $$"""{"clientMessageId":"{{Ids.New()}}","text":"{{Text}}\u0000"}""", $$"""{"clientMessageId":"{{Text}}","text":"{{Text}}"}""", $$"""{"text":"{{Text}}" "x"}""",
            $$"""{"clientMessageId":"{{Ids.New()}}","text":"{{Text}}\ud83d"}""", $$"""{"{{Text}}":1,"{{Text}}":2}""", $$"""{"clientMessageId":"{{Ids.New()}}","text":["{{Text}}"]}""",
        ];
        foreach (var body in wrong)
        {
            using var response = await anna.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Token);
            response.IsSuccessStatusCode.ShouldBeFalse(body);
        }
    }

    private static async Task OverWebSocketAsync(ChatServer server, ChatUser user, Guid group)
    {
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            await socket.SendAsync(new JsonObject { ["type"] = "send", ["conversationId"] = group, ["clientMessageId"] = Ids.New(), ["text"] = Text }, Token);
            await socket.ExpectAsync("ack", Token);
            foreach (var wrong in new[] { $$"""{"type":"send","text":"{{Text}}"}""", $$"""{"type":"send","text":"{{Text}}" "x"}""", $$"""{"type":"send","text":"{{Text}}\ud83d"}""", $$"""{"type":"send","seq":"{{Text}}"}""" })
            {
                await socket.SendTextAsync(wrong, Token);
                await socket.ExpectAsync("problem", Token);
            }
        }
        await using var refused = await RawSocket.OpenAsync(server.Url, Token);
        await refused.SendTextAsync($$"""{"type":"hello","token":"{{user.Token}}x","cursor":"{{Text}}"}""", Token);
        (await refused.ClosedAsync(Token)).ShouldBe(4100);
    }
}
