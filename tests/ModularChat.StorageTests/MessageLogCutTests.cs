using System.Text;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>What every engine promises about retention: what is cut is read by nobody, what is old leaves, and all else stays right.</summary>
public sealed class MessageLogCutTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static readonly DateTimeOffset Late = Appends.Start.AddDays(1), Never = DateTimeOffset.MinValue;
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task What_is_cut_is_read_by_nobody_and_numbers_and_members_stay(string engine)
    {
        await using var test = await FilledAsync(engine);
        var before = await test.HeadAsync();
        (await test.Log.CutAsync(test.Group, 5, Late, Token)).ShouldBe(5);

        var head = await test.HeadAsync();
        head.ShouldBe(before with { Cut = 5, MarksPosition = before.Position + 1 });
        (await test.EntriesAsync()).Select(e => e.Seq).ShouldBe([6L, 7, 8, 9, 10, 11]);
        (await test.Log.ReadAsync(test.Group, 1, 8, 2, newest: false, Token)).Select(e => e.Entry.Seq).ShouldBe([6L, 7]);
        (await test.Log.ReadAsync(test.Group, 1, 5, 10, newest: true, Token)).ShouldBeEmpty();
        (await test.Log.ReadFeedAsync(head.Shard, 0, 3, Token)).Select(e => e.Entry.Seq).ShouldBe([6L, 7, 8]);
        // seq 1 is no message, so entry n has number n - 1.
        (await test.Log.GetNumberAsync(test.Group, 7, Token)).ShouldBe(6);
        (await test.Log.GetNumberAsync(test.Group, 5, Token)).ShouldBe(4);
        (await test.Log.GetNumberAsync(test.Group, 2, Token)).ShouldBe(4);
        await test.MarkAsync(Bo, null, 3);
        (await test.MemberAsync(Bo)).ShouldSatisfyAllConditions(m => m.Read.ShouldBe(3), m => m.ReadNumber.ShouldBe(4));
        (await test.AppendAsync(Appends.Edit(test.Group, Ann, 4, "x"))).Outcome.ShouldBe(AppendOutcome.NoTarget);
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "on"))).Seq.ShouldBe(12);
        // Never backwards, and never past the head.
        (await test.Log.CutAsync(test.Group, 3, Late, Token)).ShouldBe(0);
        (await test.HeadAsync()).Cut.ShouldBe(5);
        (await test.Log.CutAsync(test.Group, 1000, Late, Token)).ShouldBe(7);
        await test.ReopenAsync();
        (await test.HeadAsync()).ShouldSatisfyAllConditions(h => h.Cut.ShouldBe(12), h => h.Seq.ShouldBe(12), h => h.Number.ShouldBe(11));
        (await test.EntriesAsync()).ShouldBeEmpty();
        (await test.Log.GetNumberAsync(test.Group, 12, Token)).ShouldBe(11);
        (await test.Log.CutAsync(Ids.New(), 5, Late, Token)).ShouldBe(0);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Young_entries_are_emptied_at_once_and_leave_later_so_that_a_retry_finds_its_first_result(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var message = Appends.Message(test.Group, Ann, "once");
        var first = await test.AppendAsync(message);
        await test.AppendAsync(Appends.React(test.Group, Bo, 2, "👍"));
        (await test.Log.CutAsync(test.Group, 3, Never, Token)).ShouldBe(0);
        (await test.EntriesAsync()).ShouldBeEmpty();
        (await test.AppendAsync(message)).ShouldBe(first with { Outcome = AppendOutcome.Duplicate });
        await test.Test.CrashAsync();
        (await test.AppendAsync(message)).ShouldBe(first with { Outcome = AppendOutcome.Duplicate });

        (await test.Log.CutAsync(test.Group, 0, Late, Token)).ShouldBe(3);
        (await test.Log.CutAsync(test.Group, 0, Late, Token)).ShouldBe(0);
        (await test.AppendAsync(message)).ShouldSatisfyAllConditions(r => r.Outcome.ShouldBe(AppendOutcome.Stored), r => r.Seq.ShouldBe(4));
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task A_cut_of_many_entries_lets_others_write_meanwhile(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        await Task.WhenAll(Enumerable.Range(0, 3000).Select(i => test.AppendAsync(Appends.Message(test.Group, Ann, $"{i}"))));
        var cut = test.Log.CutAsync(test.Group, 2500, Late, Token).AsTask();
        (await test.AppendAsync(Appends.Message(test.Group, Bo, "meanwhile"))).Seq.ShouldBe(3002);
        (await cut).ShouldBe(2500);
        (await test.EntriesAsync()).Length.ShouldBe(502);
    }

    [Theory, MemberData(nameof(LogEngines.Files), MemberType = typeof(LogEngines))]
    public async Task After_a_purge_nothing_that_was_deleted_edited_or_cut_is_in_the_files_and_the_space_is_back(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            // Nothing that a compressor could take apart.
            var noise = Convert.ToHexString(Enumerable.Range(0, 100).Select(_ => (byte)random.Next(256)).ToArray());
            await test.AppendAsync(Appends.Message(test.Group, Ann, $"cut-marker-{i} {noise}"));
        }
        await test.AppendAsync(Appends.Message(test.Group, Ann, "marker-of-a-deleted-text"));
        await test.AppendAsync(Appends.Message(test.Group, Ann, "marker-of-an-edited-text"));
        await test.AppendAsync(Appends.Message(test.Group, Ann, "it-stays"));
        await test.ReopenAsync();
        var full = Files().Length;
        await test.AppendAsync(Appends.Delete(test.Group, Ann, 2002));
        await test.AppendAsync(Appends.Edit(test.Group, Ann, 2003, "another text"));
        await test.Log.CutAsync(test.Group, 2001, Late, Token);
        var reading = await test.EntriesAsync();
        await test.Log.PurgeAsync(Token);

        Files().ShouldNotContain("marker-");
        Files().ShouldContain("it-stays");
        Files().Length.ShouldBeLessThan(full / 2);
        (await test.EntriesAsync()).Select(e => e.Seq).ShouldBe(reading.Select(e => e.Seq));
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "on"))).Outcome.ShouldBe(AppendOutcome.Stored);
        await test.ReopenAsync();
        (await test.EntriesAsync()).Length.ShouldBe(reading.Length + 1);

        string Files() => string.Concat(test.Test.Files().Select(Read));

        static string Read(string path)
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            return reader.ReadToEnd();
        }
    }

    /// <summary>The created entry and ten messages.</summary>
    private static async Task<GroupLog> FilledAsync(string engine)
    {
        var test = await GroupLog.OpenAsync(engine, o => o.FoldAfter = 7, Ann, Bo);
        for (var i = 0; i < 10; i++)
        {
            await test.AppendAsync(Appends.Message(test.Group, Ann, $"{i}"));
        }
        return test;
    }
}
