using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;
using ModularChat.Storage;
using ModularChat.Storage.RocksDb;

namespace ModularChat.IntegrationTests.Upkeep;

public sealed class EraseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("rocksdb")]
    [InlineData("postgresql")]
    [InlineData("redis")]
    public async Task Nothing_of_an_erased_user_is_left_in_the_files(string engine)
    {
        Assert.SkipWhen(engine == "rocksdb" && RocksLibrary.WhyMissing is not null, RocksLibrary.WhyMissing ?? "");
        Assert.SkipWhen(engine == "postgresql" && PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        Assert.SkipWhen(engine == "redis" && RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var postgres = engine == "postgresql" ? await PostgresServer.StartAsync(Cancel) : null;
        await using var redis = engine == "redis" ? await RedisServer.StartAsync(Cancel) : null;
        var database = postgres is not null ? await postgres.CreateDatabaseAsync("chat", Cancel) : redis?.Address;
        await using var server = await ChatServer.StartAsync(settings: [$"Storage:Messages:Engine={engine}", .. database is null ? Array.Empty<string>() : [$"Storage:Messages:Databases:0={database}"]]);
        string[] folders = [server.Folder, .. postgres is not null ? [postgres.TableFolder] : redis is not null ? [redis.AppendFolder] : Array.Empty<string>()];
        var users = await server.RegisterAsync("alice", "mallory", "bob");
        var (alice, mallory) = (users[0], users[1]);
        var markers = Enumerable.Range(0, 5).Select(_ => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40)).ToArray();
        var group = await alice.CreateGroupAsync("group", mallory, users[2]);
        var left = await alice.CreateGroupAsync("left", mallory);
        await mallory.SendAsync(group.Id, markers[0]);
        var edited = await mallory.SendAsync(group.Id, "to be edited");
        await mallory.EditAsync(group.Id, edited.Seq, markers[1]);
        await mallory.SendAsync(left.Id, markers[2]);
        await mallory.RemoveAsync(left.Id, mallory);
        await mallory.AskAsync<JsonElement>(HttpMethod.Patch, "me", new { statusText = markers[3] });
        await mallory.AskAsync<JsonElement>(HttpMethod.Put, "me/presence", new { status = new { text = markers[4] } });
        await alice.SendAsync(group.Id, "stays");
        // What the server still holds in memory goes into its tables.
        await (postgres?.RunSqlAsync("chat", "CHECKPOINT", Cancel) ?? Task.CompletedTask);
        foreach (var marker in markers)
        {
            Find(folders, marker).ShouldNotBeEmpty();
        }

        var (exportExit, export) = await CapturedOutput.RunAsync(server.Folder, "user export", new() { ["name"] = "mallory" });
        exportExit.ShouldBe(0);
        using var data = JsonDocument.Parse(export.ToString());
        data.RootElement.GetProperty("account").GetProperty("user").GetProperty("statusText").GetString().ShouldBe(markers[3]);
        data.RootElement.GetProperty("presence").GetProperty("status").GetString().ShouldBe(markers[4]);
        markers[..3].ShouldAllBe(m => export.ToString().Contains(m));
        export.ToString().ShouldNotContain("stays");

        var (exit, output) = await CapturedOutput.RunAsync(server.Folder, "user erase", new() { ["name"] = "mallory" });

        exit.ShouldBe(0, output.ToString());
        output.ToString().ShouldContain("3 messages were emptied");
        (await mallory.RequestAsync(HttpMethod.Get, "me")).StatusCode.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        var history = await alice.HistoryAsync(group.Id);
        history.Entries.Count(e => e.Kind == EntryKind.Message && e.SenderId == mallory.Id).ShouldBe(2);
        history.Entries.Where(e => e.Kind == EntryKind.Message && e.SenderId == mallory.Id).ShouldAllBe(e => e.IsDeleted == true && e.Body == null);
        (await alice.GetConversationAsync(group.Id)).Members!.ShouldNotContain(m => m.UserId == mallory.Id);
        (await alice.AskAsync<JsonElement>(HttpMethod.Get, $"users/{mallory.Id}")).GetProperty("displayName").GetString().ShouldBe("Removed user");
        await (postgres?.RunSqlAsync("chat", "CHECKPOINT", Cancel) ?? Task.CompletedTask);
        foreach (var marker in markers)
        {
            Find(folders, marker).ShouldBeEmpty();
        }
        (await CapturedOutput.RunAsync(server.Folder, "store verify")).Exit.ShouldBe(0);
        await server.RegisterAsync("mallory");
        await server.StopAsync();
        (await Should.ThrowAsync<StartupException>(() => CapturedOutput.RunAsync(server.Folder, "user erase", new() { ["name"] = "bob" }))).Message.ShouldContain("start it first");
    }

    private static List<string> Find(string[] folders, string marker)
    {
        var (found, bytes) = (new List<string>(), Encoding.UTF8.GetBytes(marker));
        foreach (var file in folders.SelectMany(f => Directory.GetFiles(f, "*", SearchOption.AllDirectories)).Where(f => !f.EndsWith("control.sock", StringComparison.Ordinal) && !f.EndsWith("/lock", StringComparison.Ordinal)))
        {
            try
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var content = new MemoryStream();
                stream.CopyTo(content);
                if (content.GetBuffer().AsSpan(0, (int)content.Length).IndexOf(bytes) >= 0)
                {
                    found.Add(file);
                }
            }
            catch (FileNotFoundException)
            {
                // Compacted away meanwhile.
            }
        }
        return found;
    }
}
