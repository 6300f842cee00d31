using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.UnitTests.Messaging;

public sealed class CacheRaceTests
{
    private static readonly Guid Key = Ids.New();

    private static readonly Head First = new(Key, 0, ConversationKind.Group, "t", HistoryVisibility.All, 1, 1, 0, 1, 1, 0, 1);

    [Fact]
    public void A_commit_during_a_load_is_laid_over_what_was_loaded_before_it()
    {
        var cache = States();
        var load = cache.Begin(Key);
        cache.Change(Key, new ConversationChange(First with { Seq = 2, Position = 5 }, [], false));
        cache.End(load, State(First))!.Head.Seq.ShouldBe(2);
        cache.Find(Key)!.Head.Seq.ShouldBe(2);
    }

    [Fact]
    public void A_commit_that_the_load_has_seen_already_is_not_applied_twice()
    {
        var cache = States();
        var load = cache.Begin(Key);
        cache.Change(Key, new ConversationChange(First with { Seq = 2, Position = 5, Title = "older" }, [], false));
        cache.End(load, State(First with { Seq = 3, Position = 6, Title = "newer" }))!.Head.Title.ShouldBe("newer");
    }

    [Fact]
    public void A_member_who_came_during_a_load_is_there()
    {
        var cache = States();
        var (old, come) = (Row(Ids.New()), Row(Ids.New()));
        var load = cache.Begin(Key);
        cache.Change(Key, new ConversationChange(First with { Seq = 2, Position = 5, MembersSeq = 2, MembersPosition = 5 }, [come], false));
        var state = cache.End(load, State(First, old))!;
        state.Members.Recipients.ShouldBe([old.UserId, come.UserId], ignoreOrder: true);
        state.Head.MembersSeq.ShouldBe(2);
    }

    [Fact]
    public void Two_loads_at_once_end_in_the_same_state()
    {
        var cache = States();
        var (one, other) = (cache.Begin(Key), cache.Begin(Key));
        cache.End(one, State(First));
        cache.Change(Key, new ConversationChange(First with { Seq = 2, Position = 5 }, [], false));
        cache.End(other, State(First))!.Head.Seq.ShouldBe(2);
        cache.Find(Key)!.Head.Seq.ShouldBe(2);
    }

    [Fact]
    public void A_load_that_began_before_the_log_was_opened_again_is_not_kept()
    {
        var cache = States();
        var load = cache.Begin(Key);
        cache.Clear();
        cache.End(load, State(First));
        cache.Find(Key).ShouldBeNull();
    }

    [Fact]
    public void A_load_that_failed_leaves_nothing_behind()
    {
        var cache = States();
        cache.Abandon(cache.Begin(Key));
        cache.Change(Key, new ConversationChange(First with { Seq = 2, Position = 5 }, [], false));
        cache.Find(Key).ShouldBeNull();
    }

    [Fact]
    public void A_new_conversation_is_there_without_a_load()
    {
        var cache = States();
        var row = Row(Ids.New());
        cache.Change(Key, new ConversationChange(First, [row], true), make: true);
        cache.Find(Key)!.Members.Recipients.ShouldBe([row.UserId]);
    }

    [Fact]
    public void Marks_move_in_place_and_the_recipients_stay_the_same_array()
    {
        var cache = States();
        var row = Row(Ids.New());
        cache.End(cache.Begin(Key), State(First, row));
        var before = cache.Find(Key)!.Members.Recipients;
        cache.Change(Key, new ConversationChange(First with { MarksPosition = 9 }, [row with { Read = 1, MarksPosition = 9 }], false));
        var state = cache.Find(Key)!;
        state.Members.Find(row.UserId)!.Read.ShouldBe(1);
        state.Members.Recipients.ShouldBeSameAs(before);
    }

    [Fact]
    public void The_longest_unused_goes_when_the_weight_is_reached()
    {
        var cache = new BoundedCache<string, string>(10, text => text.Length, (_, text) => text);
        Guid[] keys = [Ids.New(), Ids.New(), Ids.New()];
        cache.End(cache.Begin(keys[0]), "aaaa");
        cache.End(cache.Begin(keys[1]), "bbbb");
        cache.Find(keys[0]).ShouldBe("aaaa");
        cache.End(cache.Begin(keys[2]), "cccc");
        keys.Select(k => cache.Find(k)).ShouldBe(["aaaa", null, "cccc"]);
        cache.Change(keys[2], "ccccccc");
        keys.Select(k => cache.Find(k)).ShouldBe([null, null, "ccccccc"]);
    }

    [Fact]
    public async Task Under_many_writers_and_dropped_caches_the_memory_equals_the_log()
    {
        await using var chat = await Chat.StartAsync("Messaging:CachedMembers=1000");
        var people = Enumerable.Range(0, 6).Select(i => chat.People.Add($"user{i}")).ToArray();
        var groups = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => chat.GroupAsync(people[0], HistoryVisibility.All, people[1..4])));
        var token = TestContext.Current.CancellationToken;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            // A seed each, so that a failure can be repeated.
            var random = new Random(worker);
            for (var i = 0; i < 60; i++)
            {
                var group = groups[random.Next(groups.Length)];
                var user = people[random.Next(people.Length)];
                await Chat.CodeOfAsync(() => random.Next(6) switch
                {
                    0 => chat.Mediator.Send(new AddMembers(Chat.As(people[0]), group, Ids.New(), [user]), token),
                    1 when user != people[0] => chat.Mediator.Send(new RemoveMember(Chat.As(people[0]), group, Ids.New(), user), token),
                    2 => chat.Mediator.Send(new SetPreferences(Chat.As(user), group, null, random.Next(2) == 0, null), token),
                    3 => Drop(chat, group),
                    _ => chat.SendAsync(user, group),
                });
            }
        }));
        foreach (var group in groups)
        {
            var cached = (await chat.Cache.GetAsync(group, token))!;
            var stored = (await chat.Log.GetMembershipAsync(group, token))!;
            cached.Head.ShouldBe(stored.Head);
            (await chat.Cache.GetHeadsAsync([group], token)).ShouldBe([stored.Head]);
            foreach (var row in stored.Members)
            {
                var mine = cached.Members.Find(row.UserId)!;
                (mine with { Ranges = row.Ranges }).ShouldBe(row);
                mine.Ranges.ShouldBe(row.Ranges);
            }
            cached.Members.Count.ShouldBe(stored.Members.Count);
            cached.Members.Recipients.Length.ShouldBe(stored.Head.MemberCount);
        }
        foreach (var user in people)
        {
            (await chat.Cache.ListAsync(user, token)).ShouldBe(await chat.Log.ListConversationsAsync(user, token));
        }
    }

    private static Task Drop(Chat chat, Guid group)
    {
        chat.Cache.Drop(group);
        return Task.CompletedTask;
    }

    private static BoundedCache<ConversationState, ConversationChange> States() => new(1_000, state => state.Members.Count, ConversationChange.Apply);

    private static ConversationState State(Head head, params Member[] rows) => new(head, new MemberTable(rows));

    private static Member Row(Guid user) => new(user, MemberRole.Member, [new VisibleRange(1, 0, null, null)], 0, 0, 0, 0, Preferences.None, 1);
}
