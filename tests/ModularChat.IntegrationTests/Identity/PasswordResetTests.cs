using System.Net;
using System.Net.Http.Json;
using ModularChat.Contracts;
using ModularChat.Host.Operations;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Storage;

namespace ModularChat.IntegrationTests.Identity;

public sealed class PasswordResetTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_password_is_reset_on_the_data_folder_only_while_no_server_has_it()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        string[] settings = [$"--Storage:Directory={server.Folder}"];
        (await Should.ThrowAsync<StartupException>(() => PasswordReset.RunAsync("alice", settings, Cancel))).Message.ShouldContain("in use");

        await server.StopAsync();
        (await Should.ThrowAsync<ChatException>(() => PasswordReset.RunAsync("nobody", settings, Cancel))).Code.ShouldBe(ProblemCodes.NotFound);
        var password = await PasswordReset.RunAsync("Alice", settings, Cancel);

        await using var again = await ChatServer.StartAsync(folder: server.Folder);
        using var old = again.NewClient(alice.Token);
        await (await old.GetAsync("me", Cancel)).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        (await again.Anonymous.PostAsJsonAsync("login", new { name = "alice", password }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
