using System.Text;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Shared.Servers;
using ModularChat.Storage;

namespace ModularChat.StorageTests;

/// <summary>What only the log on Redis promises: what a killed server keeps, what a new history tells, what a purge takes away.</summary>
public sealed class RedisMessageLogTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_server_keeps_everything_and_a_new_run_begins_that_takes_nothing_from_clients()
    {
        await using var server = await StartAsync();
        var listener = new RecordingListener();
        await using var log = await OpenAsync(server.Address, listener);
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        var (run, positions) = (log.Info.RunId, await log.GetPositionsAsync(Token));

        await server.Kill9Async();
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.AppendAsync(Appends.Message(group, Ann, "lost"), Token));
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.GetHeadsAsync([group], Token));
        await server.StartAsync(Token);
        await EventuallyAsync(async () => (await log.AppendAsync(Appends.Message(group, Ann, "on"), Token)).Seq.ShouldBe(2));

        log.Info.RunId.ShouldNotBe(run);
        listener.Reopenings.ShouldBe(1);
        (await log.ContainsAsync(run, positions, Token)).ShouldBeTrue();
        (await log.ContainsAsync(log.Info.RunId, await log.GetPositionsAsync(Token), Token)).ShouldBeTrue();
        (await log.ContainsAsync(run, await log.GetPositionsAsync(Token), Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task An_old_append_file_put_back_is_told_as_a_lost_history()
    {
        await using var server = await StartAsync();
        await using var log = await OpenAsync(server.Address, new RecordingListener());
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        var (run, atCopy) = (log.Info.RunId, await log.GetPositionsAsync(Token));
        await server.StopAsync();
        var copy = Directory.CreateTempSubdirectory("modularchat-copy-").FullName;
        foreach (var file in Directory.GetFiles(server.AppendFolder))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }
        await server.StartAsync(Token);
        await EventuallyAsync(async () => (await log.AppendAsync(Appends.Message(group, Ann, "lost"), Token)).Seq.ShouldBe(2));
        var (second, afterCopy) = (log.Info.RunId, await log.GetPositionsAsync(Token));
        await server.StopAsync();
        Directory.Delete(server.AppendFolder, recursive: true);
        Directory.Move(copy, server.AppendFolder);
        await server.StartAsync(Token);

        for (var i = 0; i < 4; i++)
        {
            // The new history grows past the positions of the lost one: that must not make them part of it.
            var seq = 2 + i;
            await EventuallyAsync(async () => (await log.AppendAsync(Appends.Message(group, Ann, $"new {seq}"), Token)).Seq.ShouldBe(seq));
            (await log.ContainsAsync(run, atCopy, Token)).ShouldBeTrue();
            (await log.ContainsAsync(run, afterCopy, Token)).ShouldBeFalse();
            (await log.ContainsAsync(second, afterCopy, Token)).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task After_a_purge_nothing_that_was_deleted_edited_or_cut_is_in_the_append_file()
    {
        await using var server = await StartAsync();
        await using var log = await OpenAsync(server.Address, new RecordingListener());
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        foreach (var text in new[] { "marker-of-a-cut-text", "marker-of-a-deleted-text", "marker-of-an-edited-text", "it-stays" })
        {
            await log.AppendAsync(Appends.Message(group, Ann, text), Token);
        }
        Files().ShouldContain("marker-of-a-deleted-text");
        await log.AppendAsync(Appends.Delete(group, Ann, 3), Token);
        await log.AppendAsync(Appends.Edit(group, Ann, 4, "another"), Token);
        await log.CutAsync(group, 2, DateTimeOffset.MinValue, Token);
        await log.PurgeAsync(Token);
        // The old files are removed in the background, some moments after the new ones are in use.
        await EventuallyAsync(() =>
        {
            Files().ShouldNotContain("marker-of");
            return Task.CompletedTask;
        });
        Files().ShouldContain("it-stays");

        string Files() => string.Concat(Directory.GetFiles(server.AppendFolder).Select(f => File.ReadAllText(f, Encoding.Latin1)));
    }

    [Fact]
    public async Task A_server_that_lost_all_keys_takes_no_writes()
    {
        await using var server = await StartAsync();
        await using var log = await OpenAsync(server.Address, new RecordingListener());
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        await server.RunAsync(Token, "FLUSHALL");
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.AppendAsync(Appends.Message(group, Ann, "x"), Token));
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.AppendAsync(Appends.Create(Ids.New(), Ann, Bo), Token));
    }

    [Fact]
    public async Task Scripts_that_the_server_forgot_are_loaded_again()
    {
        await using var server = await StartAsync();
        await using var log = await OpenAsync(server.Address, new RecordingListener());
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        await server.RunAsync(Token, "SCRIPT", "FLUSH");
        (await log.ReadAsync(group, 1, 10, 10, newest: false, Token)).Count.ShouldBe(1);
        (await log.AppendAsync(Appends.Message(group, Ann, "x"), Token)).Seq.ShouldBe(2);
    }

    internal static async Task EventuallyAsync(Func<Task> assert)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await assert();
                return;
            }
            catch (Exception e) when (e is LogUnavailableException or ShouldAssertException or IOException && attempt < 1200)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
            }
        }
    }

    internal static async Task<ILogDatabase> OpenAsync(string database, ICommitListener listener, Action<MessageLogOptions>? configure = null)
    {
        var options = new MessageLogOptions();
        configure?.Invoke(options);
        return await RedisLogs.Engine(options, 100, TimeProvider.System).OpenAsync(database, new LogOpening(null, null), listener, Token);
    }

    private static async Task<RedisServer> StartAsync()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        return await RedisServer.StartAsync(Token);
    }
}
