using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>What every engine promises about requests that come again.</summary>
public sealed class MessageLogIdempotencyTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task A_retry_gets_the_first_result_and_stores_nothing(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var message = Appends.Message(test.Group, Ann, "once");
        var first = await test.AppendAsync(message);
        var again = await test.AppendAsync(message with { At = message.At.AddHours(1) });
        again.ShouldBe(first with { Outcome = AppendOutcome.Duplicate });

        await test.ReopenAsync();
        (await test.AppendAsync(message)).ShouldBe(again);
        (await test.HeadAsync()).Seq.ShouldBe(2);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Another_request_under_the_same_id_is_refused(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var message = Appends.Message(test.Group, Ann, "once");
        await test.AppendAsync(message);
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "other", id: message.ClientMessageId))).Outcome.ShouldBe(AppendOutcome.IdReused);
        (await test.AppendAsync(Appends.Delete(test.Group, Ann, 2) with { ClientMessageId = message.ClientMessageId })).Outcome.ShouldBe(AppendOutcome.IdReused);
        (await test.EntriesAsync()).Length.ShouldBe(2);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task An_id_counts_for_its_sender_and_conversation_only(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var other = Ids.New();
        await test.AppendAsync(Appends.Create(other, Ann, Bo));
        var message = Appends.Message(test.Group, Ann, "once");
        await test.AppendAsync(message);
        (await test.AppendAsync(message with { SenderId = Bo })).Outcome.ShouldBe(AppendOutcome.Stored);
        (await test.AppendAsync(message with { ConversationId = other })).Outcome.ShouldBe(AppendOutcome.Stored);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task A_retry_is_known_after_the_message_was_deleted_and_after_the_members_changed(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var message = Appends.Message(test.Group, Ann, "once");
        var first = await test.AppendAsync(message);
        await test.AppendAsync(Appends.Delete(test.Group, Ann, first.Seq));
        var removal = Appends.Members(test.Group, Bo, 1, new MemberChange(Ann, MemberRole.None, RangeChange.Close));
        var removed = await test.AppendAsync(removal);

        (await test.AppendAsync(message)).ShouldBe(first with { Outcome = AppendOutcome.Duplicate });
        (await test.AppendAsync(removal)).ShouldBe(removed with { Outcome = AppendOutcome.Duplicate });
        (await test.HeadAsync()).Seq.ShouldBe(4);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task The_same_request_many_times_at_once_is_stored_once(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var message = Appends.Message(test.Group, Ann, "once");
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => test.AppendAsync(message), Token)));
        results.Count(r => r.Outcome == AppendOutcome.Stored).ShouldBe(1);
        results.Count(r => r.Outcome == AppendOutcome.Duplicate).ShouldBe(199);
        results.Select(r => (r.Seq, r.Position, r.At)).Distinct().ShouldHaveSingleItem();
        (await test.EntriesAsync()).Length.ShouldBe(2);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Making_a_conversation_twice_by_the_same_request_gives_the_first_result(string engine)
    {
        await using var test = await LogUnderTest.OpenAsync(engine);
        var create = Appends.Create(Ids.New(), Ann, Bo);
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => test.Log.AppendAsync(create, Token).AsTask()));
        results.Count(r => r.Outcome == AppendOutcome.Stored).ShouldBe(1);
        results.Count(r => r.Outcome == AppendOutcome.Duplicate).ShouldBe(49);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task A_refused_request_leaves_no_trace_and_may_come_again(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var pin = Appends.Pin(test.Group, Ann, 2, pinned: true);
        (await test.AppendAsync(pin)).Outcome.ShouldBe(AppendOutcome.NoTarget);
        var late = Appends.Message(test.Group, Ann, "judged on old members", membersSeq: 0);
        (await test.AppendAsync(late)).Outcome.ShouldBe(AppendOutcome.MembersChanged);

        (await test.AppendAsync(late with { MembersSeq = 1 })).Outcome.ShouldBe(AppendOutcome.Stored);
        (await test.AppendAsync(pin)).Outcome.ShouldBe(AppendOutcome.Stored);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Ids_of_old_requests_are_forgotten_a_few_at_a_time(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var old = Enumerable.Range(0, 10).Select(i => Appends.Message(test.Group, Ann, $"{i}")).ToArray();
        foreach (var message in old)
        {
            await test.AppendAsync(message);
        }
        var young = Appends.Message(test.Group, Ann, "young") with { At = Appends.Start.AddDays(2) };
        await test.AppendAsync(young);

        (await test.Log.ForgetDuplicatesAsync(Appends.Start.AddDays(1), 4, Token)).ShouldBe(4);
        await test.ReopenAsync();
        (await test.Log.ForgetDuplicatesAsync(Appends.Start.AddDays(1), 100, Token)).ShouldBe(7);
        (await test.Log.ForgetDuplicatesAsync(Appends.Start.AddDays(1), 100, Token)).ShouldBe(0);
        (await test.AppendAsync(old[3])).Outcome.ShouldBe(AppendOutcome.Stored);
        (await test.AppendAsync(young)).Outcome.ShouldBe(AppendOutcome.Duplicate);
    }
}
