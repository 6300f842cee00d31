using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.PostgreSql;
using ModularChat.Shared.Servers;
using ModularChat.Storage;

namespace ModularChat.StorageTests;

/// <summary>A PostgreSQL that dies, is replaced, or is not fit to keep messages.</summary>
public sealed class PostgreSqlFaultTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acked_survives_kill_9_and_restart_of_the_server_under_load_once()
    {
        await using var server = await StartAsync();
        var listener = new RecordingListener();
        await using var log = await OpenAsync(await server.CreateDatabaseAsync("chat", Token), listener);
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        var run = log.Info.RunId;
        var acked = new ConcurrentBag<(Guid Id, AppendResult Result)>();
        using var stop = new CancellationTokenSource();
        var writing = Enumerable.Range(0, 8).Select(w => Task.Run(
            async () =>
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    var message = Appends.Message(group, Ann, $"{w}.{i}");
                    acked.Add((message.ClientMessageId, await UntilStoredAsync(log, message)));
                }
            },
            Token)).ToArray();
        foreach (var end in new Func<Task>[] { server.Kill9Async, server.StopAsync })
        {
            await Task.Delay(700, Token);
            await end();
            await Task.Delay(300, Token);
            await server.StartAsync(Token);
        }
        await Task.Delay(700, Token);
        await stop.CancelAsync();
        await Task.WhenAll(writing);

        var entries = await log.ReadAsync(group, 1, long.MaxValue, 1_000_000, newest: false, Token);
        entries.Select(e => e.Entry.Seq).ShouldBe(Enumerable.Range(1, entries.Count).Select(i => (long)i));
        acked.Count.ShouldBe(entries.Count - 1);
        var byId = entries.ToDictionary(e => e.Entry.ClientMessageId!.Value);
        acked.ShouldAllBe(a => byId[a.Id].Entry.Seq == a.Result.Seq && byId[a.Id].Position == a.Result.Position);
        // A crash and a restart are the same history.
        log.Info.RunId.ShouldBe(run);
        await log.LookAsync(Ids.Shard(group, 16), Token);
        listener.Commits.Where(c => c.Entries.Count > 0).SelectMany(c => c.Entries).Select(e => e.Position).ShouldBe(entries.Select(e => e.Position));
    }

    [Fact]
    public async Task While_the_server_is_away_everything_is_refused_as_retryable_and_comes_back_by_itself()
    {
        await using var server = await StartAsync();
        await using var log = await OpenAsync(await server.CreateDatabaseAsync("chat", Token), new RecordingListener());
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        await server.StopAsync();
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.AppendAsync(Appends.Message(group, Ann, "x"), Token));
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.GetPositionsAsync(Token));
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.GetMembershipAsync(group, Token));
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.AdvanceMarksAsync([new MarkAdvance(group, Bo, 1, 1)], Token));
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.CutAsync(group, 1, Appends.Start, Token));
        await server.StartAsync(Token);
        (await UntilStoredAsync(log, Appends.Message(group, Ann, "on"))).Seq.ShouldBe(2);
        (await log.GetHeadsAsync([group], Token)).ShouldHaveSingleItem().Seq.ShouldBe(2);
    }

    [Fact]
    public async Task A_promoted_replica_is_another_run_and_what_it_never_got_is_not_part_of_it()
    {
        await using var server = await StartAsync();
        var connection = await server.CreateDatabaseAsync("chat", Token);
        await using var replica = await server.MakeReplicaAsync(Token);
        var listener = new RecordingListener();
        // One connection string for both, as an operator would write it.
        await using var log = await OpenAsync($"{connection.Replace($"Port={server.Port}", "", StringComparison.Ordinal).Replace("Host=127.0.0.1", $"Host=127.0.0.1:{server.Port},127.0.0.1:{replica.Port}", StringComparison.Ordinal)};Target Session Attributes=primary", listener);
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        var (run, before) = (log.Info.RunId, await log.GetPositionsAsync(Token));
        while (await server.RunSqlAsync("chat", "SELECT pg_current_wal_lsn() <= replay_lsn FROM pg_stat_replication", Token) != "t")
        {
            await Task.Delay(50, Token);
        }
        await server.Kill9Async();
        await replica.PromoteAsync(Token);
        (await UntilStoredAsync(log, Appends.Message(group, Ann, "on"))).Seq.ShouldBe(2);

        log.Info.RunId.ShouldNotBe(run);
        listener.Reopenings.ShouldBeGreaterThan(0);
        (await log.ContainsAsync(run, before, Token)).ShouldBeTrue();
        before[Ids.Shard(group, 16)]++;
        (await log.ContainsAsync(run, before, Token)).ShouldBeFalse();
        (await log.ContainsAsync(log.Info.RunId, before, Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_restored_copy_is_another_run_and_lost_history_is_noticed_while_open()
    {
        await using var server = await StartAsync();
        var connection = await server.CreateDatabaseAsync("chat", Token);
        var group = Ids.New();
        Guid run;
        await using (var log = await OpenAsync(connection, new RecordingListener()))
        {
            await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
            run = log.Info.RunId;
        }
        await using (var again = await OpenAsync(connection, new RecordingListener()))
        {
            again.Info.RunId.ShouldBe(run);
        }
        await server.RunSqlAsync("postgres", "CREATE DATABASE copy TEMPLATE chat", Token);
        var listener = new RecordingListener();
        await using var copy = await OpenAsync(server.ConnectionString("copy"), listener);
        copy.Info.RunId.ShouldNotBe(run);

        run = copy.Info.RunId;
        await copy.AppendAsync(Appends.Message(group, Ann, "lost"), Token);
        await server.RunSqlAsync("copy", "UPDATE modularchat_log.shard SET position = 1 WHERE position = 2; DELETE FROM modularchat_log.entry WHERE seq = 2; UPDATE modularchat_log.conversation SET seq = 1, position = 1", Token);
        (await UntilStoredAsync(copy, Appends.Message(group, Ann, "on"))).Position.ShouldBe(2);
        copy.Info.RunId.ShouldNotBe(run);
        listener.Reopenings.ShouldBe(1);
        (await copy.ContainsAsync(run, Positions(group, 2), Token)).ShouldBeFalse();
        (await copy.ContainsAsync(run, Positions(group, 1), Token)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("Port=1", "does not answer")]
    [InlineData("Password=wrong", "does not accept this user and password")]
    [InlineData("Database=nowhere", "has no such database")]
    public async Task What_is_wrong_with_the_way_to_the_server_is_one_sentence_without_the_password(string wrong, string expected)
    {
        var server = await PostgresLogs.StartAsync();
        var failure = await FailureAsync($"{server.ConnectionString("postgres")};{wrong}");
        failure.Message.ShouldContain(expected);
        failure.Message.ShouldStartWith("PostgreSQL at 127.0.0.1:");
        failure.Message.ShouldNotContain(PostgresServer.Password);
        (await FailureAsync("Username=me;Password=secret-word")).Message.ShouldNotContain("secret-word");
        (await FailureAsync("Hots=here;Password=secret-word")).Message.ShouldNotContain("secret-word");
    }

    [Theory]
    [InlineData("synchronous_commit=off")]
    [InlineData("fsync=off")]
    [InlineData("full_page_writes=off")]
    public async Task A_server_that_loses_what_it_has_confirmed_is_refused(string setting)
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await using var server = await PostgresServer.StartAsync(Token, setting);
        (await FailureAsync(server.ConnectionString("postgres"))).Message.ShouldContain(setting);
    }

    [Fact]
    public async Task A_server_older_than_the_oldest_that_is_used_is_refused()
    {
        await using var database = new PostgresLogs.Database();
        await using var server = new LogServer(await database.ConnectionAsync(), shards: 1, readers: 1, oldest: 99);
        var refusal = await Should.ThrowAsync<UnfitServerException>(async () => await server.OpenAsync(Token));
        refusal.Message.ShouldMatch("^PostgreSQL at [^ ]+ [(]database [^ ]+[)] is of version [0-9]+, but 99 is the oldest that is used[.]$");
    }

    [Fact]
    public async Task A_standby_is_refused()
    {
        await using var server = await StartAsync();
        var connection = await server.CreateDatabaseAsync("chat", Token);
        await (await OpenAsync(connection, new RecordingListener())).DisposeAsync();
        await using var replica = await server.MakeReplicaAsync(Token);
        (await FailureAsync(replica.ConnectionString("chat"))).Message.ShouldContain("is a standby");
    }

    [Fact]
    public async Task After_a_purge_nothing_deleted_is_in_the_tables_files()
    {
        await using var server = await StartAsync();
        await using var log = await OpenAsync(await server.CreateDatabaseAsync("chat", Token), new RecordingListener());
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        await log.AppendAsync(Appends.Message(group, Ann, "marker-of-a-deleted-text"), Token);
        await log.AppendAsync(Appends.Message(group, Ann, "it-stays"), Token);
        await server.RunSqlAsync("chat", "CHECKPOINT", Token);
        (await FilesWithAsync("marker-of-a-deleted-text")).ShouldNotBeEmpty();
        await log.AppendAsync(Appends.Delete(group, Ann, 2), Token);
        await log.PurgeAsync(Token);
        (await FilesWithAsync("marker-of-a-deleted-text")).ShouldBeEmpty();
        (await FilesWithAsync("it-stays")).ShouldNotBeEmpty();
        (await log.AppendAsync(Appends.Message(group, Ann, "on"), Token)).Seq.ShouldBe(5);

        async Task<List<string>> FilesWithAsync(string text)
        {
            var found = new List<string>();
            foreach (var file in Directory.GetFiles(Path.Combine(server.Data, "base"), "*", SearchOption.AllDirectories))
            {
                if (System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Token)).Contains(text, StringComparison.Ordinal))
                {
                    found.Add(file);
                }
            }
            return found;
        }
    }

    private static async Task<PostgresServer> StartAsync()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        return await PostgresServer.StartAsync(Token);
    }

    private static long[] Positions(Guid group, long position)
    {
        var positions = new long[16];
        positions[Ids.Shard(group, 16)] = position;
        return positions;
    }

    /// <summary>As a stubborn sender: the same request until there is an answer, and nothing but retryable refusals meanwhile.</summary>
    private static async Task<AppendResult> UntilStoredAsync(PostgreSqlMessageLog log, Append append)
    {
        while (true)
        {
            try
            {
                var result = await log.AppendAsync(append, Token);
                result.Outcome.ShouldBeOneOf(AppendOutcome.Stored, AppendOutcome.Duplicate);
                return result;
            }
            catch (LogUnavailableException)
            {
                await Task.Delay(50, Token);
            }
        }
    }

    private static async Task<StartupException> FailureAsync(string connection) =>
        await Should.ThrowAsync<StartupException>(() => OpenAsync(connection, new RecordingListener()));

    private static Task<PostgreSqlMessageLog> OpenAsync(string connection, ICommitListener listener) => PostgreSqlMessageLog.OpenAsync(
        connection, new LogOpening(null, Ids.New()), new MessageLogOptions(), 100, listener, TimeProvider.System, NullLogger.Instance, Token);
}
