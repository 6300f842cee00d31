using ModularChat.Contracts;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>What every engine of the message log promises (docs/storage.md): entries and the present state of messages.</summary>
public sealed class MessageLogTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task An_appended_message_is_read_back_as_it_was_committed(string engine)
    {
        await using var test = await LogUnderTest.OpenAsync(engine);
        var group = Ids.New();
        (await test.Log.AppendAsync(Appends.Create(group, Ann, Bo), Token)).ShouldBe(new AppendResult(AppendOutcome.Stored, 1, 1, Appends.Start.AddTicks(1234567)));
        var message = Appends.Message(group, Bo, "hi 👋");
        (await test.Log.AppendAsync(message, Token)).Seq.ShouldBe(2);

        var entries = await test.Log.ReadAsync(group, 1, 10, 10, newest: false, Token);
        entries.Count.ShouldBe(2);
        entries.Select(e => e.Entry).ShouldBe(test.Listener.Commits.SelectMany(c => c.Entries).Select(e => e.Entry));
        var entry = entries[1].Entry;
        Appends.Text(entry).ShouldBe("hi 👋");
        entry.ClientMessageId.ShouldBe(message.ClientMessageId);
        entry.At.ShouldBe(message.At);
        entry.Number.ShouldBe(1);
        (entry.Changed, entry.EditedAt, entry.IsDeleted, entry.IsPinned, entry.Reactions).ShouldBe((null, null, null, null, null));
        (await test.Log.ReadFeedAsync(entries[0].Shard, 0, 10, Token)).ShouldBe(entries);
        entries[0].Shard.ShouldBe(Ids.Shard(group, test.Log.Info.ShardCount));
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task Only_messages_are_numbered(string engine)
    {
        await using var test = await GroupAsync(engine);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "one"));
        await test.AppendAsync(Appends.React(test.Group, Bo, 2, "👍"));
        await test.AppendAsync(Appends.Message(test.Group, Ann, "two"));

        (await test.Log.ReadAsync(test.Group, 1, long.MaxValue, 100, newest: false, Token)).Select(e => e.Entry.Number).ShouldBe([0L, 1, 1, 2]);
        (await test.Log.GetNumberAsync(test.Group, 3, Token)).ShouldBe(1);
        (await test.Log.GetNumberAsync(test.Group, 0, Token)).ShouldBe(0);
        (await test.Log.GetNumberAsync(test.Group, 99, Token)).ShouldBe(2);
        (await test.HeadAsync()).ShouldSatisfyAllConditions(h => h.Number.ShouldBe(2), h => h.Seq.ShouldBe(4));
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task A_page_is_the_first_or_the_last_of_a_range_and_always_in_seq_order(string engine)
    {
        await using var test = await GroupAsync(engine);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => test.AppendAsync(Appends.Message(test.Group, Ann, $"{i}"))));

        (await Seqs(3, 20, 5, newest: false)).ShouldBe([3L, 4, 5, 6, 7]);
        (await Seqs(3, 20, 5, newest: true)).ShouldBe([16L, 17, 18, 19, 20]);
        (await Seqs(29, 1000, 50, newest: true)).ShouldBe([29L, 30, 31]);
        (await Seqs(32, 1000, 50, newest: true)).ShouldBeEmpty();
        (await Seqs(-5, 1, 50, newest: false)).ShouldBe([1L]);
        (await Seqs(1, 31, 0, newest: false)).ShouldBeEmpty();
        (await test.Log.ReadAsync(Ids.New(), 1, 10, 10, newest: true, Token)).ShouldBeEmpty();

        async Task<IEnumerable<long>> Seqs(long from, long to, int limit, bool newest) =>
            (await test.Log.ReadAsync(test.Group, from, to, limit, newest, Token)).Select(e => e.Entry.Seq);
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task An_edit_replaces_the_content_of_the_message_and_every_edit_entry_shows_the_present_one(string engine)
    {
        await using var test = await GroupAsync(engine);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "first"));
        await test.AppendAsync(Appends.Edit(test.Group, Ann, 2, "second"));
        await test.AppendAsync(Appends.Edit(test.Group, Ann, 2, "third"));

        var entries = await test.EntriesAsync();
        entries.Skip(1).Select(Appends.Text).ShouldBe(["third", "third", "third"]);
        entries[1].Changed.ShouldBe(4);
        entries[1].EditedAt.ShouldBe(entries[3].At);
        entries[3].Target.ShouldBe(2);
        entries[3].Changed.ShouldBeNull();
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task A_deletion_leaves_no_content_reactions_or_pin_anywhere(string engine)
    {
        await using var test = await GroupAsync(engine);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "first"));
        await test.AppendAsync(Appends.Edit(test.Group, Ann, 2, "second"));
        await test.AppendAsync(Appends.React(test.Group, Bo, 2, "👍"));
        await test.AppendAsync(Appends.Pin(test.Group, Bo, 2, pinned: true));
        var deletion = await test.AppendAsync(Appends.Delete(test.Group, Ann, 2));

        var entries = await test.EntriesAsync();
        var message = entries[1];
        (message.Body, message.IsDeleted, message.IsPinned, message.Reactions, message.Changed).ShouldBe((null, true, null, null, deletion.Seq));
        entries[2].Body.ShouldBeNull();
        entries[5].Body.ShouldBeNull();
        (await test.AppendAsync(Appends.Delete(test.Group, Ann, 2))).Outcome.ShouldBe(AppendOutcome.Unchanged);
        (await test.AppendAsync(Appends.Edit(test.Group, Ann, 2, "again"))).Outcome.ShouldBe(AppendOutcome.NoTarget);
        (await test.AppendAsync(Appends.React(test.Group, Ann, 2, "👍"))).Outcome.ShouldBe(AppendOutcome.NoTarget);
        (await test.AppendAsync(Appends.Pin(test.Group, Ann, 2, pinned: true))).Outcome.ShouldBe(AppendOutcome.NoTarget);
        (await test.HeadAsync()).Seq.ShouldBe(deletion.Seq);
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task Only_messages_can_be_changed(string engine)
    {
        await using var test = await GroupAsync(engine);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "first"));
        await test.AppendAsync(Appends.Pin(test.Group, Ann, 2, pinned: true));

        foreach (var target in new long[] { -1, 0, 1, 3, 4, long.MaxValue })
        {
            (await test.AppendAsync(Appends.Edit(test.Group, Ann, target, "x"))).Outcome.ShouldBe(AppendOutcome.NoTarget);
            (await test.AppendAsync(Appends.Delete(test.Group, Ann, target))).Outcome.ShouldBe(AppendOutcome.NoTarget);
        }
        (await test.HeadAsync()).Seq.ShouldBe(3);
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task Reactions_come_in_the_order_in_which_each_emoji_first_came(string engine)
    {
        await using var test = await GroupAsync(engine);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "first"));
        await test.AppendAsync(Appends.React(test.Group, Ann, 2, "👍"));
        await test.AppendAsync(Appends.React(test.Group, Ann, 2, "🎉"));
        await test.AppendAsync(Appends.React(test.Group, Bo, 2, "👍"));
        (await test.AppendAsync(Appends.React(test.Group, Bo, 2, "👍"))).Outcome.ShouldBe(AppendOutcome.Unchanged);
        (await test.AppendAsync(Appends.React(test.Group, Bo, 2, "❤", remove: true))).Outcome.ShouldBe(AppendOutcome.Unchanged);
        await ShouldBe("👍AB 🎉A");

        // The emoji keeps its place as long as anybody holds it, as in a client that folds the entries.
        await test.AppendAsync(Appends.React(test.Group, Ann, 2, "👍", remove: true));
        await ShouldBe("👍B 🎉A");
        await test.AppendAsync(Appends.React(test.Group, Bo, 2, "👍", remove: true));
        await test.AppendAsync(Appends.React(test.Group, Bo, 2, "👍"));
        await ShouldBe("🎉A 👍B");
        await test.AppendAsync(Appends.React(test.Group, Ann, 2, "🎉", remove: true));
        await test.AppendAsync(Appends.React(test.Group, Bo, 2, "👍", remove: true));
        (await test.EntriesAsync())[1].Reactions.ShouldBeNull();

        async Task ShouldBe(string expected) => string
            .Join(' ', (await test.EntriesAsync())[1].Reactions!.Select(g => g.Emoji + string.Concat(g.UserIds.Select(u => u == Ann ? 'A' : 'B'))))
            .ShouldBe(expected);
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task A_message_takes_fifty_different_reactions(string engine)
    {
        await using var test = await GroupAsync(engine);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "first"));
        for (var i = 0; i < 50; i++)
        {
            (await test.AppendAsync(Appends.React(test.Group, Ann, 2, $"e{i}"))).Outcome.ShouldBe(AppendOutcome.Stored);
        }
        (await test.AppendAsync(Appends.React(test.Group, Ann, 2, "one more"))).Outcome.ShouldBe(AppendOutcome.TooManyReactions);
        (await test.AppendAsync(Appends.React(test.Group, Bo, 2, "e7"))).Outcome.ShouldBe(AppendOutcome.Stored);
        (await test.HeadAsync()).Seq.ShouldBe(53);
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task A_pin_is_there_until_it_is_taken_away(string engine)
    {
        await using var test = await GroupAsync(engine);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "first"));
        (await test.AppendAsync(Appends.Pin(test.Group, Ann, 2, pinned: false))).Outcome.ShouldBe(AppendOutcome.Unchanged);
        await test.AppendAsync(Appends.Pin(test.Group, Ann, 2, pinned: true));
        (await test.AppendAsync(Appends.Pin(test.Group, Bo, 2, pinned: true))).Outcome.ShouldBe(AppendOutcome.Unchanged);
        (await test.EntriesAsync())[1].ShouldSatisfyAllConditions(m => m.IsPinned.ShouldBe(true), m => m.Changed.ShouldBe(3));
        await test.AppendAsync(Appends.Pin(test.Group, Bo, 2, pinned: false));
        (await test.EntriesAsync())[1].ShouldSatisfyAllConditions(m => m.IsPinned.ShouldBeNull(), m => m.Changed.ShouldBe(4));
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task A_text_of_100000_characters_survives_unchanged(string engine)
    {
        await using var test = await GroupAsync(engine);
        var text = string.Concat(Enumerable.Repeat("äöü𝕏\t\n\u200d👩‍🚀x abcde", 10_000))[..100_000];
        await test.AppendAsync(Appends.Message(test.Group, Ann, text));
        await test.ReopenAsync();
        Appends.Text((await test.EntriesAsync())[1]).ShouldBe(text);
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task A_conversation_is_made_once_and_nothing_is_written_into_one_that_is_not_there(string engine)
    {
        await using var test = await GroupAsync(engine);
        (await test.AppendAsync(Appends.Create(test.Group, Bo, Ann))).Outcome.ShouldBe(AppendOutcome.AlreadyCreated);
        var nowhere = Ids.New();
        (await test.AppendAsync(Appends.Message(nowhere, Ann, "x"))).Outcome.ShouldBe(AppendOutcome.NoConversation);
        (await test.Log.GetHeadsAsync([nowhere, test.Group], Token)).Select(h => h.ConversationId).ShouldBe([test.Group]);
        (await test.Log.GetMembershipAsync(nowhere, Token)).ShouldBeNull();
        (await test.Log.GetNumberAsync(nowhere, 5, Token)).ShouldBe(0);
    }

    private static Task<GroupLog> GroupAsync(string engine) => GroupLog.OpenAsync(engine, Ann, Bo);
}
