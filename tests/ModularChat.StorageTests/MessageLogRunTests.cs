using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>What every engine promises about opening again: everything acked is there, and a history that is not the log's own is told.</summary>
public sealed class MessageLogRunTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New(), Cy = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task After_closing_and_after_a_crash_everything_is_as_it_was(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, o => o.FoldAfter = 7, Ann, Bo);
        for (var i = 0; i < 10; i++)
        {
            await test.AppendAsync(Appends.Message(test.Group, i % 3 == 0 ? Bo : Ann, $"{i}"));
            await test.MarkAsync(Bo, null, i, new Preferences(null, i % 2 == 0, false));
        }
        await test.AppendAsync(Appends.Members(test.Group, Ann, 1, new MemberChange(Cy, MemberRole.Member, RangeChange.OpenHere)));
        await test.AppendAsync(Appends.React(test.Group, Bo, 3, "👍", membersSeq: 12));
        await test.AppendAsync(Appends.Edit(test.Group, Ann, 4, "edited", membersSeq: 12));
        await test.AppendAsync(Appends.Message(test.Group, Cy, "from Cy", membersSeq: 12));
        await test.MarkAsync(Bo, null, 13);
        var before = await StateAsync(test);

        await test.Test.CrashAsync();
        (await StateAsync(test)).ShouldBe(before);
        await test.ReopenAsync();
        (await StateAsync(test)).ShouldBe(before);
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "on", membersSeq: 12))).Seq.ShouldBe(16);
    }

    [Theory, MemberData(nameof(LogEngines.Embedded), MemberType = typeof(LogEngines))]
    public async Task Identity_and_key_stay_and_each_opening_is_a_run_of_its_own(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var first = test.Log.Info;
        await test.Test.CloseAsync();
        test.Test.Options.Shards = 5;
        await test.Test.OpenAsync();
        test.Log.Info.ShouldSatisfyAllConditions(
            i => i.LogId.ShouldBe(first.LogId), i => i.Key.ShouldBe(first.Key), i => i.ShardCount.ShouldBe(16), i => i.RunId.ShouldNotBe(first.RunId));
        first.Key.Length.ShouldBe(32);
    }

    [Theory, MemberData(nameof(LogEngines.Embedded), MemberType = typeof(LogEngines))]
    public async Task The_history_contains_what_was_reached_in_each_run_and_nothing_past_its_end_or_the_head(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var (first, atStart) = (test.Log.Info.RunId, new long[16]);
        var early = await test.Log.GetPositionsAsync(Token);
        await test.ReopenAsync();
        var second = test.Log.Info.RunId;
        await test.AppendAsync(Appends.Message(test.Group, Ann, "x"));
        var late = await test.Log.GetPositionsAsync(Token);

        (await ContainsAsync(first, atStart)).ShouldBeTrue();
        (await ContainsAsync(first, early)).ShouldBeTrue();
        (await ContainsAsync(first, late)).ShouldBeFalse();
        (await ContainsAsync(second, early)).ShouldBeTrue();
        (await ContainsAsync(second, late)).ShouldBeTrue();
        (await ContainsAsync(second, [.. late.Select(p => p + 1)])).ShouldBeFalse();
        (await ContainsAsync(second, late[..15])).ShouldBeFalse();
        (await ContainsAsync(Ids.New(), atStart)).ShouldBeFalse();

        ValueTask<bool> ContainsAsync(Guid run, long[] positions) => test.Log.ContainsAsync(run, positions, Token);
    }

    [Theory, MemberData(nameof(LogEngines.Embedded), MemberType = typeof(LogEngines))]
    public async Task An_old_folder_copied_back_does_not_contain_what_came_after_the_copy(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var first = test.Log.Info.RunId;
        var atCopy = await test.Log.GetPositionsAsync(Token);
        var copy = test.Test.Copy();
        await test.AppendAsync(Appends.Message(test.Group, Ann, "lost 1"));
        var afterCopy = await test.Log.GetPositionsAsync(Token);
        await test.ReopenAsync();
        var second = test.Log.Info.RunId;
        await test.AppendAsync(Appends.Message(test.Group, Ann, "lost 2"));
        await test.Test.CloseAsync();
        test.Test.Restore(copy);
        await test.Test.OpenAsync();

        for (var i = 0; i < 5; i++)
        {
            // The new history grows past the positions of the lost one: that must not make them part of it.
            (await test.Log.ContainsAsync(first, atCopy, Token)).ShouldBeTrue();
            (await test.Log.ContainsAsync(first, afterCopy, Token)).ShouldBeFalse();
            (await test.Log.ContainsAsync(second, atCopy, Token)).ShouldBeFalse();
            await test.AppendAsync(Appends.Message(test.Group, Ann, $"new {i}"));
        }
    }

    private static async Task<string> StateAsync(GroupLog test)
    {
        var membership = (await test.Log.GetMembershipAsync(test.Group, Token)).ShouldNotBeNull();
        (await test.HeadAsync()).ShouldBe(membership.Head);
        return LogState.Describe(membership, await test.EntriesAsync());
    }
}
