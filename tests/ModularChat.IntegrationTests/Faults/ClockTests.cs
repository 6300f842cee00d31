using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>A server whose clock was set back, and later forward again: order is by seq and position, so no message and no cursor minds.</summary>
public sealed class ClockTests(ITestOutputHelper output)
{
    private const string FakeTime = "/usr/bin/faketime";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("rocksdb")]
    public async Task A_clock_set_back_two_days_and_forward_again_loses_doubles_and_resets_nothing(string engine)
    {
        Assert.SkipUnless(File.Exists(FakeTime), "faketime is not installed.");
        var folder = Directory.CreateTempSubdirectory("modularchat-clock-").FullName;
        string[] settings = [Integrator.Settings, "Storage:Messages:Engine=" + engine];
        var server = await ServerProcess.StartAsync(folder, null, settings);
        try
        {
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            var writer = await integrator.MakeUserAsync("writer");
            var reader = await integrator.MakeUserAsync("reader");
            var group = await writer.CreateGroupAsync("Clock", reader);
            var repeated = Ids.New();
            (await writer.SendAsync(group.Id, "before", repeated)).Seq.ShouldBe(2);
            var cursor = (await reader.SyncAsync(null)).Cursor;
            var seq = 2L;
            foreach (var offset in new[] { "-2d", "+2d", "+0" })
            {
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(folder, server.Url.Port, [FakeTime, "--exclude-monotonic", "-f", offset], settings);
                for (var i = 0; i < 5; i++)
                {
                    (await writer.SendAsync(group.Id, $"{offset} {i}", Ids.New())).Seq.ShouldBe(++seq);
                }
                var again = await writer.SendAsync(group.Id, "before", repeated);
                (again.Seq, again.Duplicate).ShouldBe((2, true), offset);
                var page = await reader.SyncAsync(cursor);
                page.Reset.ShouldBeFalse(offset);
                page.Conversations.Single(c => c.State.Id == group.Id).Entries.Select(e => e.Seq).ShouldBe([seq - 4, seq - 3, seq - 2, seq - 1, seq]);
                cursor = page.Cursor;
            }
            var entries = await Ledger.ReadAllAsync(reader, group.Id);
            entries.Select(e => e.Seq).ShouldBe(Enumerable.Range(1, (int)seq).Select(i => (long)i));
            // The clock really was another: else this test shows nothing.
            (entries[2].At - entries[1].At).ShouldBeLessThan(TimeSpan.FromDays(-1));
            (entries[7].At - entries[2].At).ShouldBeGreaterThan(TimeSpan.FromDays(3));
        }
        finally
        {
            output.WriteLine(server.Output);
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
