using System.Text;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Shared;
using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.StorageTests;

/// <summary>What only the log on SQLite promises: its file, its faults.</summary>
public sealed class SqliteMessageLogTests
{
    private const string Sqlite = "sqlite";
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deleted_and_edited_content_is_gone_from_the_files()
    {
        var time = new ManualTime();
        await using var test = new LogUnderTest(Sqlite) { Time = time };
        await test.OpenAsync();
        var group = Ids.New();
        await test.Log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        // A short text lies in its row, a long one in pages of its own.
        foreach (var text in new[] { "marker-of-a-short-text", string.Concat(Enumerable.Repeat("marker-of-a-long-text ", 2000)), "marker-of-an-edited-text" })
        {
            await test.Log.AppendAsync(Appends.Message(group, Ann, text), Token);
        }
        await test.Log.AppendAsync(Appends.Message(group, Ann, "it-stays"), Token);
        await test.ReopenAsync();
        Files().ShouldContain("marker-of-a-short-text");
        Files().ShouldContain("it-stays");
        await test.Log.AppendAsync(Appends.Edit(group, Ann, 2, "marker-of-a-short-text, edited"), Token);
        await test.Log.AppendAsync(Appends.Delete(group, Ann, 2), Token);
        await test.Log.AppendAsync(Appends.Delete(group, Ann, 3), Token);
        await test.Log.AppendAsync(Appends.Edit(group, Ann, 4, "it is another text now"), Token);
        time.Advance(TimeSpan.FromSeconds(10));
        // The writer does it after the write that comes with the timer; it is done once the next one is through.
        await test.Log.AppendAsync(Appends.Message(group, Ann, "one more"), Token);
        await test.Log.AppendAsync(Appends.Message(group, Ann, "one more"), Token);
        Files().ShouldNotContain("marker-of");
        Files().ShouldContain("it-stays");

        string Files() => string.Concat(Directory.GetFiles(test.Path, "messages.db*").Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)).Select(Read));

        static string Read(string path)
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            return reader.ReadToEnd();
        }
    }

    [Fact]
    public async Task A_second_process_on_the_folder_is_refused()
    {
        await using var test = await LogUnderTest.OpenAsync(Sqlite);
        Should.Throw<StartupException>(() => DataFolder.Open(test.Path)).Message.ShouldBe(
            $"The data folder {test.Path} (Storage:Directory) is in use by another process.");
    }

    [Fact]
    public async Task The_data_folder_is_for_its_owner_only()
    {
        await using var test = await LogUnderTest.OpenAsync(Sqlite);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(test.Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task A_file_with_a_newer_schema_is_refused_and_left_alone()
    {
        await using var test = await LogUnderTest.OpenAsync(Sqlite);
        await test.CloseAsync();
        using (var database = SqliteDatabase.Open(test.File, 1000))
        {
            database.Execute("PRAGMA user_version = 99");
        }
        (await Should.ThrowAsync<StartupException>(test.OpenAsync)).Message.ShouldContain("schema version 99");
        using (var database = SqliteDatabase.Open(test.File, 1000))
        {
            database.Scalar("SELECT count(*) FROM run").ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_file_of_the_first_schema_version_is_brought_up_with_its_entries()
    {
        await using var test = await GroupLog.OpenAsync(Sqlite, Ann, Bo);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "before"));
        await test.Test.CloseAsync();
        using (var database = SqliteDatabase.Open(test.Test.File, 1000))
        {
            database.Execute(
                "ALTER TABLE shard DROP COLUMN state; ALTER TABLE entry DROP COLUMN checksum; ALTER TABLE conversation DROP COLUMN cut; "
                + "ALTER TABLE conversation DROP COLUMN keep_days; ALTER TABLE conversation DROP COLUMN keep_count; PRAGMA user_version = 1");
        }
        await test.Test.OpenAsync();
        await test.AppendAsync(Appends.Edit(test.Group, Ann, 2, "after"));
        await test.AppendAsync(Appends.Settings(test.Group, Ann, 1, null, new KeepRule(30)));
        (await test.HeadAsync()).Keep.ShouldBe(new KeepRule(30));
        (await test.EntriesAsync()).Where(e => e.Kind == EntryKind.Message).Select(Appends.Text).ShouldBe(["after"]);
        using (var database = SqliteDatabase.Open(test.Test.File, 1000))
        {
            // A row older than checks has none; a new one has.
            database.Scalar("SELECT checksum FROM entry WHERE seq = 2").ShouldBe(0);
            database.Scalar("SELECT checksum FROM entry WHERE seq = 3").ShouldNotBe(0);
        }
    }

    [Fact]
    public async Task A_file_of_another_log_is_refused_and_a_seed_makes_one_of_the_same_log()
    {
        await using var test = await LogUnderTest.OpenAsync(Sqlite);
        var seed = new LogSeed(Ids.New(), new byte[32], 8, [new RunRow(Ids.New(), [1, 2, 3, 4, 5, 6, 7, 8], Appends.Start)], [2, 3]);
        await test.CloseAsync();
        (await Should.ThrowAsync<StartupException>(() => test.OpenAsync(new LogOpening(seed, null)))).Message.ShouldContain("belongs to another message log");
        await test.CloseAsync();
        File.Delete(test.File);
        await test.OpenAsync(new LogOpening(seed, null));
        test.Log.Info.ShouldBe(new LogInfo(seed.LogId, seed.Runs[0].Id, 8, test.Log.Info.Key));
        (await test.Log.ContainsAsync(seed.Runs[0].Id, new long[8], Token)).ShouldBeTrue();
        var (here, elsewhere) = (Group(2), Group(5));
        (await test.Log.AppendAsync(Appends.Create(here, Ann), Token)).Outcome.ShouldBe(AppendOutcome.Stored);
        (await Should.ThrowAsync<ShardMovedException>(async () => await test.Log.AppendAsync(Appends.Create(elsewhere, Ann), Token))).Shard.ShouldBe(5);

        static Guid Group(int shard)
        {
            var group = Ids.New();
            while (Ids.Shard(group, 8) != shard)
            {
                group = Ids.New();
            }
            return group;
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_in_one_sentence()
    {
        await using var test = await LogUnderTest.OpenAsync(Sqlite);
        await test.CloseAsync();
        await File.WriteAllTextAsync(test.File, new string('x', 5000), Token);
        (await Should.ThrowAsync<StartupException>(test.OpenAsync)).Message.ShouldStartWith($"The message log {test.File} cannot be opened");
    }

    [Fact]
    public async Task A_failed_transaction_stores_nothing_tells_everybody_and_the_log_goes_on()
    {
        await using var test = await GroupLog.OpenAsync(Sqlite, o => o.FoldAfter = 3, Ann, Bo);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "before"));
        await test.MarkAsync(Bo, null, 2);
        using var other = SqliteDatabase.Open(test.Test.File, 5000);
        other.Execute("CREATE TRIGGER fault BEFORE INSERT ON entry BEGIN SELECT RAISE(FAIL, 'as if the disk were full'); END");
        var message = Appends.Message(test.Group, Ann, "once");
        var results = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            await Should.ThrowAsync<LogUnavailableException>(() => test.AppendAsync(message));
            return true;
        }));
        results.Length.ShouldBe(5);
        test.Listener.Reopenings.ShouldBeGreaterThan(0);
        test.Listener.LastPositions.ShouldBe(await test.Log.GetPositionsAsync(Token));
        // Reading goes on, and shows what was acked, no more.
        (await test.HeadAsync()).Seq.ShouldBe(2);
        (await test.MemberAsync(Bo)).Read.ShouldBe(2);
        other.Execute("DROP TRIGGER fault");

        var stored = await test.AppendAsync(message);
        (stored.Outcome, stored.Seq).ShouldBe((AppendOutcome.Stored, 3));
        (await test.AppendAsync(message)).Outcome.ShouldBe(AppendOutcome.Duplicate);
        (await test.EntriesAsync()).Select(e => e.Seq).ShouldBe([1L, 2, 3]);
    }

    [Fact]
    public async Task While_the_store_does_not_take_writes_only_so_many_wait_and_more_are_refused_at_once()
    {
        await using var test = await GroupLog.OpenAsync(Sqlite, o => (o.MaxPending, o.MaxBatch) = (4, 2), Ann, Bo);
        using var other = SqliteDatabase.Open(test.Test.File, 5000);
        other.Execute("BEGIN IMMEDIATE");
        var appends = Enumerable.Range(0, 50).Select(i => test.AppendAsync(Appends.Message(test.Group, Ann, $"{i}"))).ToArray();
        appends.Count(a => a.IsFaulted).ShouldBeGreaterThan(30);
        foreach (var append in appends)
        {
            await Should.ThrowAsync<LogUnavailableException>(append);
        }
        other.Execute("ROLLBACK");
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "goes on"))).Seq.ShouldBe(2);
    }

    [Fact]
    public async Task A_log_that_has_lost_confirmed_writes_takes_no_more_until_a_new_run()
    {
        await using var test = await GroupLog.OpenAsync(Sqlite, Ann, Bo);
        var (run, positions) = (test.Log.Info.RunId, await test.Log.GetPositionsAsync(Token));
        using (var other = SqliteDatabase.Open(test.Test.File, 5000))
        {
            // As a disk that did not keep what it had synced.
            other.Execute("CREATE TRIGGER fault BEFORE INSERT ON entry BEGIN SELECT RAISE(FAIL, 'fault'); END; UPDATE shard SET position = 0; DELETE FROM entry");
            await Should.ThrowAsync<LogUnavailableException>(() => test.AppendAsync(Appends.Message(test.Group, Ann, "x")));
            other.Execute("DROP TRIGGER fault");
        }
        await Should.ThrowAsync<LogUnavailableException>(() => test.AppendAsync(Appends.Message(test.Group, Ann, "x")));
        test.Listener.Reopenings.ShouldBe(0);
        await test.ReopenAsync();
        (await test.Log.ContainsAsync(run, positions, Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_write_that_breaks_by_itself_takes_no_other_with_it()
    {
        await using var test = await GroupLog.OpenAsync(Sqlite, Ann, Bo);
        using var other = SqliteDatabase.Open(test.Test.File, 5000);
        // The writer is held up in one write, so that the next three wait and go into one transaction.
        using var gate = new ManualResetEventSlim();
        var busy = test.AppendAsync(Appends.Create(Ids.New(), Ann) with
        {
            Change = new Change.Create(ConversationKind.Group, null, HistoryVisibility.All, new Watched<(Guid, MemberRole)>(() => gate.Wait(Token))),
        });
        var first = test.AppendAsync(Appends.Message(test.Group, Ann, "before"));
        var broken = test.AppendAsync(Appends.Members(test.Group, Ann, 1) with { Change = new Change.ChangeMembers(new Watched<MemberChange>(() => throw new NotSupportedException("A bug."))) });
        var last = test.AppendAsync(Appends.Message(test.Group, Bo, "after"));
        gate.Set();

        await busy;
        (await Should.ThrowAsync<NotSupportedException>(broken)).Message.ShouldBe("A bug.");
        (await Task.WhenAll(first, last)).Select(result => result.Seq).ShouldBe([2L, 3]);
        await test.ReopenAsync();
        (await test.EntriesAsync()).Skip(1).Select(Appends.Text).ShouldBe(["before", "after"]);
    }

    [Fact]
    public async Task A_listener_that_fails_takes_nothing_from_the_callers()
    {
        await using var test = await GroupLog.OpenAsync(Sqlite, Ann, Bo);
        test.Listener.Fails = true;
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "x"))).Outcome.ShouldBe(AppendOutcome.Stored);
        test.Listener.Fails = false;
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "y"))).Seq.ShouldBe(3);
        test.Listener.Reopenings.ShouldBe(0);
    }

    [Fact]
    public async Task Every_commit_is_synced_and_freed_content_overwritten()
    {
        await using var test = await LogUnderTest.OpenAsync(Sqlite);
        using var database = SqliteDatabase.Open(test.File, 1000);
        database.Scalar("PRAGMA synchronous").ShouldBe(2);
        database.Scalar("PRAGMA secure_delete").ShouldBe(1);
        File.Exists(test.File + "-wal").ShouldBeTrue();
    }

    /// <summary>An empty list that does something when it is gone through.</summary>
    private sealed class Watched<T>(Action onEnumeration) : IReadOnlyList<T>
    {
        // Not 0: a list without anything in it is not even looked at.
        public int Count => 1;

        public T this[int index] => throw new NotSupportedException();

        public IEnumerator<T> GetEnumerator()
        {
            onEnumeration();
            return Enumerable.Empty<T>().GetEnumerator();
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
