using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.UnitTests.Messaging;

public sealed class MembershipTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task When_the_owner_leaves_the_longest_serving_administrator_owns_the_group()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, member, late, administrator) = (chat.People.Add("owner"), chat.People.Add("member"), chat.People.Add("late"), chat.People.Add("admin"));
        var group = await chat.GroupAsync(owner, HistoryVisibility.All, member);
        await AddAsync(chat, owner, group, late);
        await AddAsync(chat, owner, group, administrator);
        await chat.Mediator.Send(new SetRole(Chat.As(owner), group, Ids.New(), administrator, MemberRole.Administrator), Token);
        var left = await LeaveAsync(chat, owner, group);
        Body(await chat.ReadAsync(group, left.Seq)).NewOwner.ShouldBe(administrator);
        await LeaveAsync(chat, administrator, group);
        (await RoleAsync(chat, member, group)).ShouldBe(MemberRole.Owner);
        (await RoleAsync(chat, late, group)).ShouldBe(MemberRole.Member);
    }

    [Fact]
    public async Task A_group_that_everybody_has_left_stays_readable_and_is_owned_by_whoever_joins_next()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, invited) = (chat.People.Add("owner"), chat.People.Add("invited"));
        chat.People.FriendsOnly.Add(invited);
        var group = await chat.GroupAsync(owner, HistoryVisibility.Joined, invited);
        await chat.SendAsync(owner, group);
        var left = await LeaveAsync(chat, owner, group);
        var seen = await chat.SeeAsync(owner, group);
        seen.Me.Role.ShouldBe(MemberRole.None);
        seen.Me.Ranges.ShouldBe([new SeqRange(1, left.Seq)]);
        seen.Head.ShouldBe(left.Seq);
        seen.Members.ShouldBeNull();
        await chat.Mediator.Send(new JoinGroup(Chat.As(invited), group, Ids.New()), Token);
        (await RoleAsync(chat, invited, group)).ShouldBe(MemberRole.Owner);
    }

    [Fact]
    public async Task One_who_has_left_is_not_told_a_title_or_a_setting_that_came_later()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, member) = (chat.People.Add("owner"), chat.People.Add("member"));
        var group = await chat.GroupAsync(owner, HistoryVisibility.All, member);
        await LeaveAsync(chat, member, group);
        await chat.Mediator.Send(new ChangeGroup(Chat.As(owner), group, Ids.New(), "Secret", HistoryVisibility.Joined), Token);

        var seen = await chat.SeeAsync(member, group);
        (seen.Me.Role, seen.Title, seen.History).ShouldBe((MemberRole.None, null, null));
        var page = await chat.Mediator.Send(new Sync(Chat.As(member), null, 500), Token);
        page.Conversations.Single(c => c.State.Id == group).State.Title.ShouldBeNull();
        (await chat.SeeAsync(owner, group)).Title.ShouldBe("Secret");
    }

    [Fact]
    public async Task The_owner_can_hand_the_group_over_and_stays_an_administrator()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, member) = (chat.People.Add("owner"), chat.People.Add("member"));
        var group = await chat.GroupAsync(owner, HistoryVisibility.All, member);
        await chat.Mediator.Send(new SetRole(Chat.As(owner), group, Ids.New(), member, MemberRole.Owner), Token);
        (await RoleAsync(chat, member, group)).ShouldBe(MemberRole.Owner);
        (await RoleAsync(chat, owner, group)).ShouldBe(MemberRole.Administrator);
    }

    [Fact]
    public async Task Who_takes_additions_only_from_friends_is_invited_and_sees_no_entry_before_joining()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, shy) = (chat.People.Add("owner"), chat.People.Add("shy"));
        chat.People.FriendsOnly.Add(shy);
        var group = await chat.GroupAsync(owner, HistoryVisibility.Joined);
        await chat.SendAsync(owner, group);
        var view = await AddAsync(chat, owner, group, shy);
        view.MemberCount.ShouldBe(1);
        var seen = await chat.SeeAsync(shy, group);
        (seen.Me.Role, seen.Head, seen.Title, seen.Me.Ranges.Length).ShouldBe((MemberRole.Invited, 0, "Group", 0));
        seen.Members!.Select(m => m.UserId).ShouldBe([owner, shy], ignoreOrder: true);

        var joined = await chat.Mediator.Send(new JoinGroup(Chat.As(shy), group, Ids.New()), Token);
        joined.Me.Ranges.ShouldBe([new SeqRange(4)]);
        joined.Me.Unread.ShouldBe(0);
        await chat.SendAsync(owner, group);
        (await chat.SeeAsync(shy, group)).Me.Unread.ShouldBe(1);
    }

    [Fact]
    public async Task One_who_comes_back_does_not_see_what_was_written_meanwhile()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, member) = (chat.People.Add("owner"), chat.People.Add("member"));
        var group = await chat.GroupAsync(owner, HistoryVisibility.Joined, member);
        var before = await chat.SendAsync(owner, group);
        var left = await LeaveAsync(chat, member, group);
        var hidden = await chat.SendAsync(owner, group);
        await AddAsync(chat, owner, group, member);
        (await chat.SeeAsync(member, group)).Me.Ranges.ShouldBe([new SeqRange(1, left.Seq), new SeqRange(hidden.Seq + 1)]);
        (await chat.SeeAsync(member, group)).Me.Unread.ShouldBe(1);
        (await Chat.CodeOfAsync(() => chat.SendAsync(member, group, replyTo: hidden.Seq))).ShouldBe("message_not_found");
        (await Chat.CodeOfAsync(() => chat.SendAsync(member, group, replyTo: before.Seq))).ShouldBe("ok");
    }

    [Fact]
    public async Task A_retry_is_told_the_first_result_even_by_one_who_is_gone()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, member) = (chat.People.Add("owner"), chat.People.Add("member"));
        var group = await chat.GroupAsync(owner, HistoryVisibility.All, member);
        var (message, leave) = (Ids.New(), Ids.New());
        var sent = await chat.SendAsync(member, group, "text", message);
        var left = await chat.Mediator.Send(new RemoveMember(Chat.As(member), group, leave, member), Token);
        (await chat.SendAsync(member, group, "text", message)).ShouldBe(sent with { Duplicate = true });
        (await chat.Mediator.Send(new RemoveMember(Chat.As(member), group, leave, member), Token)).ShouldBe(left with { Duplicate = true });
        (await Chat.CodeOfAsync(() => chat.SendAsync(member, group, "another text", message))).ShouldBe("id_reused");
        (await Chat.CodeOfAsync(() => chat.SendAsync(member, group, "another text"))).ShouldBe("not_found");
    }

    [Fact]
    public async Task Making_a_group_twice_makes_one_and_another_group_under_its_id_is_refused()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, other) = (chat.People.Add("owner"), chat.People.Add("other"));
        var id = Ids.New();
        var first = await chat.Mediator.Send(new CreateGroup(Chat.As(owner), id, "One", [other]), Token);
        (await chat.Mediator.Send(new CreateGroup(Chat.As(owner), id, "One", [other]), Token)).Head.ShouldBe(first.Head);
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new CreateGroup(Chat.As(owner), id, "Two", [other]), Token))).ShouldBe("id_reused");
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new CreateGroup(Chat.As(other), id, "One", []), Token))).ShouldBe("id_reused");
        var theirs = Ids.Direct(other, chat.People.Add("third"));
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new CreateGroup(Chat.As(owner), theirs, "Trap", []), Token))).ShouldBe("invalid_request");
    }

    [Fact]
    public async Task Adding_twice_under_one_id_brings_nobody_back_who_has_left_and_adds_nobody_else()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, member, other) = (chat.People.Add("owner"), chat.People.Add("member"), chat.People.Add("other"));
        var group = await chat.GroupAsync(owner, HistoryVisibility.All);
        var id = Ids.New();
        await chat.Mediator.Send(new AddMembers(Chat.As(owner), group, id, [member]), Token);
        await LeaveAsync(chat, member, group);
        (await chat.Mediator.Send(new AddMembers(Chat.As(owner), group, id, [member]), Token)).MemberCount.ShouldBe(1);
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new AddMembers(Chat.As(owner), group, id, [other]), Token))).ShouldBe("id_reused");
        (await RoleAsync(chat, member, group)).ShouldBe(MemberRole.None);
    }

    [Fact]
    public async Task Blocked_and_unknown_people_are_not_added_and_nobody_else_is_then()
    {
        await using var chat = await Chat.StartAsync();
        var (owner, foe, friend) = (chat.People.Add("owner"), chat.People.Add("foe"), chat.People.Add("friend"));
        chat.People.Block(foe, owner);
        var group = await chat.GroupAsync(owner, HistoryVisibility.All);
        (await Chat.CodeOfAsync(() => AddAsync(chat, owner, group, friend, foe))).ShouldBe("unreachable");
        (await Chat.CodeOfAsync(() => AddAsync(chat, owner, group, friend, Ids.New()))).ShouldBe("invalid_request");
        (await chat.SeeAsync(owner, group)).MemberCount.ShouldBe(1);
    }

    [Fact]
    public async Task Limits_of_people_and_conversations_hold()
    {
        await using var chat = await Chat.StartAsync("Messaging:MaxGroupMembers=3", "Messaging:MaxConversationsPerUser=2");
        var people = Enumerable.Range(0, 5).Select(i => chat.People.Add($"user{i}")).ToArray();
        var group = await chat.GroupAsync(people[0], HistoryVisibility.All, people[1]);
        await AddAsync(chat, people[0], group, people[2]);
        (await Chat.CodeOfAsync(() => AddAsync(chat, people[0], group, people[3]))).ShouldBe("limit_reached");
        await chat.GroupAsync(people[1], HistoryVisibility.All);
        (await Chat.CodeOfAsync(() => chat.GroupAsync(people[1], HistoryVisibility.All))).ShouldBe("limit_reached");
        (await Chat.CodeOfAsync(() => chat.GroupAsync(people[3], HistoryVisibility.All, people[1]))).ShouldBe("limit_reached");
        (await Chat.CodeOfAsync(() => chat.DirectAsync(people[3], people[1]))).ShouldBe("limit_reached");
    }

    [Fact]
    public async Task Everybody_has_a_self_and_is_told_there_once_of_each_version()
    {
        await using var chat = await Chat.StartAsync();
        var user = chat.People.Add("user");
        var self = Ids.Self(user);
        for (var i = 0; i < 2; i++)
        {
            await chat.Mediator.Publish(new Contracts.Identity.UserDataChanged(user, "profile", 3), Token);
        }
        await chat.Mediator.Publish(new Contracts.Identity.UserDataChanged(user, "settings", 3), Token);
        var seen = await chat.SeeAsync(user, self);
        (seen.Kind, seen.Head).ShouldBe((ConversationKind.Self, 3));
        (await chat.Mediator.Send(new ListConversations(Chat.As(user), null, 10), Token)).Conversations.ShouldHaveSingleItem().Id.ShouldBe(self);
        (await chat.SendAsync(user, self)).Seq.ShouldBe(4);
        (await Chat.CodeOfAsync(() => chat.SeeAsync(chat.People.Add("other"), self))).ShouldBe("not_found");
    }

    [Fact]
    public async Task Both_open_the_same_direct_conversation_at_the_same_time()
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bob) = (chat.People.Add("ann"), chat.People.Add("bob"));
        var opened = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => i % 2 == 0 ? chat.DirectAsync(ann, bob) : chat.DirectAsync(bob, ann)));
        opened.Distinct().ShouldHaveSingleItem().ShouldBe(Ids.Direct(ann, bob));
        (await chat.SeeAsync(ann, opened[0])).Head.ShouldBe(1);
    }

    private static Task<ConversationInfo> AddAsync(Chat chat, Guid by, Guid group, params Guid[] userIds) =>
        chat.Mediator.Send(new AddMembers(Chat.As(by), group, Ids.New(), userIds), Token);

    private static Task<Stored> LeaveAsync(Chat chat, Guid user, Guid group) =>
        chat.Mediator.Send(new RemoveMember(Chat.As(user), group, Ids.New(), user), Token);

    private static async Task<MemberRole> RoleAsync(Chat chat, Guid user, Guid group) => (await chat.SeeAsync(user, group)).Me.Role;

    private static MembersBody Body(Entry entry) => JsonSerializer.Deserialize(entry.Body!.Utf8.Span, ContractsJson.Default.MembersBody)!;
}
