using System.Text.Json;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Upkeep;
using ModularChat.IntegrationTests.Faults;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Storage;

namespace ModularChat.IntegrationTests.Upkeep;

public sealed class BackupTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_made_under_load_holds_what_was_acked_before_it_and_clients_that_saw_more_begin_anew()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-test-").FullName;
        try
        {
            await using var server = await ChatServer.StartAsync();
            var users = await server.RegisterAsync("alice", "bob");
            await users[0].AskAsync<JsonElement>(HttpMethod.Put, "me/presence", new { state = "dnd", status = new { text = "at the sea" } });
            var groups = new List<ConversationInfo>();
            for (var i = 0; i < 4; i++)
            {
                groups.Add(await users[0].CreateGroupAsync($"group {i}", users[1]));
            }
            var senders = groups.Select((g, i) => new StubbornSender(users[i % 2], g.Id)).ToArray();
            using var stop = new CancellationTokenSource();
            var sending = senders.Select(s => s.RunAsync(stop.Token, Cancel)).ToArray();
            await Task.WhenAll(senders.Select(s => UntilAsync(() => s.Acked.Count > 20)));
            var early = await users[0].SyncAllAsync();
            var before = senders.Select(s => s.Acked.Count).ToArray();

            var (exit, output) = await CapturedOutput.RunAsync(server.Folder, "backup", new() { ["folder"] = Path.Combine(folder, "backup") });

            exit.ShouldBe(0, output.ToString());
            output.ToString().ShouldContain("log's key");
            var after = senders.Select(s => s.Acked.Count).ToArray();
            await Task.WhenAll(senders.Select((s, i) => UntilAsync(() => s.Acked.Count > after[i] + 5)));
            await stop.CancelAsync();
            await Task.WhenAll(sending);
            senders.ShouldAllBe(s => s.Surprises.Count == 0);
            var late = await users[0].SyncAllAsync();
            await server.StopAsync();

            var restored = new CapturedOutput();
            (await UpkeepRun.RestoreAsync(Path.Combine(folder, "backup"), check: true, [$"--Storage:Directory={folder}/data"], restored, Cancel)).ShouldBe(0, restored.ToString());
            restored.ToString().ShouldContain("What was restored is what was saved.");
            (await Should.ThrowAsync<StartupException>(() => UpkeepRun.RestoreAsync(Path.Combine(folder, "backup"), check: false, [$"--Storage:Directory={folder}/data"], restored, Cancel)))
                .Message.ShouldContain("already");

            await using var again = await ChatServer.StartAsync(folder: Path.Combine(folder, "data"));
            var alice = users[0] with { Http = again.NewClient(users[0].Token) };
            for (var i = 0; i < groups.Count; i++)
            {
                var there = (await AllAsync(alice, groups[i].Id)).Where(e => e.Kind == EntryKind.Message).ToList();
                there.Count.ShouldBeGreaterThanOrEqualTo(before[i]);
                there.Count.ShouldBeLessThan(senders[i].Acked.Count);
                // In the order of sending and without a hole: a part of the history, never a mixture.
                there.Select(e => e.Seq).ShouldBe(senders[i].Acked.Take(there.Count).Select(a => a.Stored.Seq));
            }
            (await alice.SyncAsync(early.Cursor)).Reset.ShouldBeFalse();
            (await alice.SyncAsync(late.Cursor)).Reset.ShouldBeTrue();
            (await alice.AskAsync<JsonElement>(HttpMethod.Get, "me/presence")).GetRawText().ShouldContain("at the sea");
            (await alice.SendAsync(groups[0].Id, "after the restore")).Seq.ShouldBeGreaterThan(1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_damaged_backup_is_not_restored()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-test-").FullName;
        try
        {
            await using var server = await ChatServer.StartAsync();
            var alice = await server.RegisterAsync("alice");
            var group = await alice.CreateGroupAsync("group");
            await alice.SendAsync(group.Id, "hello");
            var backup = Path.Combine(folder, "backup");
            (await CapturedOutput.RunAsync(server.Folder, "backup", new() { ["folder"] = backup })).Exit.ShouldBe(0);
            (await Should.ThrowAsync<StartupException>(() => CapturedOutput.RunAsync(server.Folder, "backup", new() { ["folder"] = backup }))).Message.ShouldContain("not empty");
            var file = Directory.GetFiles(Path.Combine(backup, "messages")).OrderByDescending(f => new FileInfo(f).Length).First();
            var bytes = await File.ReadAllBytesAsync(file, Cancel);
            bytes[bytes.Length / 2] ^= 4;
            await File.WriteAllBytesAsync(file, bytes, Cancel);

            await Should.ThrowAsync<InvalidDataException>(() => UpkeepRun.RestoreAsync(backup, check: false, [$"--Storage:Directory={folder}/data"], new CapturedOutput(), Cancel));
            (await Should.ThrowAsync<StartupException>(() => ChatServer.StartAsync(folder: Path.Combine(folder, "data")))).Message.ShouldContain("holds shard");

            File.Delete(Path.Combine(backup, "manifest.json"));
            (await Should.ThrowAsync<StartupException>(() => UpkeepRun.RestoreAsync(backup, check: false, [$"--Storage:Directory={folder}/other"], new CapturedOutput(), Cancel)))
                .Message.ShouldContain("no whole backup");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<List<Entry>> AllAsync(ChatUser user, Guid conversation)
    {
        var entries = new List<Entry>();
        for (long? after = 0; ;)
        {
            var page = await user.HistoryAsync(conversation, after: after);
            entries.AddRange(page.Entries);
            if (!page.More)
            {
                return entries;
            }
            after = page.Entries[^1].Seq;
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(20, Cancel);
        }
    }
}
