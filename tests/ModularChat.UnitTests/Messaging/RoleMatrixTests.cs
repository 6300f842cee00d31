using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.UnitTests.Messaging;

/// <summary>Every operation as everybody: docs/decisions/0005-membership-and-roles.md as a table.</summary>
public sealed class RoleMatrixTests
{
    private const string Ok = "ok", Gone = "not_found", Forbidden = "forbidden";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // operation:            owner, administrator, member, invited, former, stranger
    public static TheoryData<string, string[]> Group => new()
    {
        { "send", [Ok, Ok, Ok, Gone, Gone, Gone] },
        { "reply", [Ok, Ok, Ok, Gone, Gone, Gone] },
        { "react", [Ok, Ok, Ok, Gone, Gone, Gone] },
        { "edit another's", [Forbidden, Forbidden, Forbidden, Gone, Gone, Gone] },
        { "delete another's", [Ok, Ok, Forbidden, Gone, Gone, Gone] },
        { "pin", [Ok, Ok, Forbidden, Gone, Gone, Gone] },
        { "add", [Ok, Ok, Forbidden, Gone, Gone, Gone] },
        { "remove member", [Ok, Ok, Forbidden, Gone, Gone, Gone] },
        { "remove administrator", [Ok, Forbidden, Forbidden, Gone, Gone, Gone] },
        { "remove owner", [Ok, Forbidden, Forbidden, Gone, Gone, Gone] },
        { "take invitation back", [Ok, Ok, Forbidden, Gone, Gone, Gone] },
        { "set role", [Ok, Forbidden, Forbidden, Gone, Gone, Gone] },
        { "rename", [Ok, Ok, Forbidden, Gone, Gone, Gone] },
        { "set what is kept", [Ok, Forbidden, Forbidden, Gone, Gone, Gone] },
        { "leave", [Ok, Ok, Ok, Ok, Gone, Gone] },
        { "join", [Ok, Ok, Ok, Ok, Gone, Gone] },
        { "get", [Ok, Ok, Ok, Ok, Ok, Gone] },
        { "members", [Ok, Ok, Ok, Ok, Gone, Gone] },
        { "preferences", [Ok, Ok, Ok, Ok, Ok, Gone] },
        { "recipients", [Ok, Ok, Ok, Gone, Gone, Gone] },
    };

    [Theory]
    [MemberData(nameof(Group))]
    public async Task In_a_group_everybody_may_do_what_the_table_says(string operation, string[] expected)
    {
        await using var chat = await Chat.StartAsync();
        string[] roles = ["owner", "administrator", "member", "invited", "former", "stranger"];
        var answers = new List<string>();
        foreach (var role in roles)
        {
            var cast = await CastAsync(chat);
            answers.Add(await Chat.CodeOfAsync(() => DoAsync(chat, cast, cast.People[role], operation)));
        }
        answers.ShouldBe(expected);
    }

    [Theory]
    [InlineData("send", "unreachable")]
    [InlineData("reply", "unreachable")]
    [InlineData("react", "unreachable")]
    [InlineData("pin", "unreachable")]
    [InlineData("open", "unreachable")]
    [InlineData("recipients", "unreachable")]
    [InlineData("delete own", Ok)]
    [InlineData("get", Ok)]
    public async Task Between_two_of_whom_one_blocked_the_other_nothing_is_written(string operation, string expected)
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bob) = (chat.People.Add("ann"), chat.People.Add("bob"));
        var id = await chat.DirectAsync(ann, bob);
        var seqs = new Dictionary<Guid, long> { [ann] = (await chat.SendAsync(ann, id)).Seq, [bob] = (await chat.SendAsync(bob, id)).Seq };
        chat.People.Block(ann, bob);
        await chat.Mediator.Publish(new Contracts.Identity.BlockChanged(ann, bob), Token);
        foreach (var (user, other) in new[] { (ann, bob), (bob, ann) })
        {
            var code = await Chat.CodeOfAsync(() => operation switch
            {
                "open" => chat.Mediator.Send(new OpenDirect(Chat.As(user), other), Token),
                "delete own" => chat.Mediator.Send(new DeleteMessage(Chat.As(user), id, seqs[user], Ids.New()), Token),
                _ => DoAsync(chat, new Cast(id, seqs[other], [], other), user, operation),
            });
            code.ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData("send", Ok)]
    [InlineData("delete another's", Forbidden)]
    [InlineData("pin", Ok)]
    [InlineData("add", Forbidden)]
    [InlineData("rename", Forbidden)]
    [InlineData("set what is kept", Forbidden)]
    [InlineData("leave", Forbidden)]
    [InlineData("set role", Forbidden)]
    public async Task A_direct_conversation_keeps_its_two_people(string operation, string expected)
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bob) = (chat.People.Add("ann"), chat.People.Add("bob"));
        var id = await chat.DirectAsync(ann, bob);
        var cast = new Cast(id, (await chat.SendAsync(bob, id)).Seq, new() { ["member"] = bob, ["newcomer"] = chat.People.Add("new") }, bob);
        (await Chat.CodeOfAsync(() => DoAsync(chat, cast, ann, operation))).ShouldBe(expected);
    }

    [Fact]
    public async Task A_key_without_the_scope_does_nothing()
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bob) = (chat.People.Add("ann"), chat.People.Add("bob"));
        var id = await chat.DirectAsync(ann, bob);
        var key = new Caller(ann, ApplicationId: Ids.New(), Scopes: [Contracts.Identity.ApplicationScopes.Users]);
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new SendMessage(key, id, Ids.New(), "text"), Token))).ShouldBe(Forbidden);
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new GetConversation(key, id), Token))).ShouldBe(Forbidden);
        var able = key with { Scopes = [Contracts.Identity.ApplicationScopes.Messages] };
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new SendMessage(able, id, Ids.New(), "text"), Token))).ShouldBe(Ok);
    }

    private static async Task<Cast> CastAsync(Chat chat)
    {
        var people = new Dictionary<string, Guid>();
        foreach (var name in new[] { "owner", "administrator", "administrator2", "member", "member2", "invited", "invited2", "former", "stranger", "newcomer" })
        {
            people[name] = chat.People.Add(name);
        }
        chat.People.FriendsOnly.Add(people["invited"]);
        chat.People.FriendsOnly.Add(people["invited2"]);
        var id = await chat.GroupAsync(
            people["owner"], HistoryVisibility.All, people["administrator"], people["administrator2"], people["member"], people["member2"],
            people["invited"], people["invited2"], people["former"]);
        foreach (var name in new[] { "administrator", "administrator2" })
        {
            await chat.Mediator.Send(new SetRole(Chat.As(people["owner"]), id, Ids.New(), people[name], MemberRole.Administrator), Token);
        }
        var message = await chat.SendAsync(people["member2"], id);
        await chat.Mediator.Send(new RemoveMember(Chat.As(people["former"]), id, Ids.New(), people["former"]), Token);
        return new Cast(id, message.Seq, people, people["member2"]);
    }

    private static Task DoAsync(Chat chat, Cast cast, Guid user, string operation)
    {
        var caller = Chat.As(user);
        var id = cast.Conversation;
        return operation switch
        {
            "send" => chat.SendAsync(user, id),
            "reply" => chat.SendAsync(user, id, replyTo: cast.Message),
            "react" => chat.Mediator.Send(new React(caller, id, cast.Message, Ids.New(), "👍"), Token),
            "edit another's" => chat.Mediator.Send(new EditMessage(caller, id, cast.Message, Ids.New(), "mine"), Token),
            "delete another's" => chat.Mediator.Send(new DeleteMessage(caller, id, cast.Message, Ids.New()), Token),
            "pin" => chat.Mediator.Send(new PinMessage(caller, id, cast.Message, Ids.New(), true), Token),
            "add" => chat.Mediator.Send(new AddMembers(caller, id, Ids.New(), [cast.People["newcomer"]]), Token),
            "remove member" => chat.Mediator.Send(new RemoveMember(caller, id, Ids.New(), cast.People["member2"]), Token),
            "remove administrator" => chat.Mediator.Send(new RemoveMember(caller, id, Ids.New(), cast.People["administrator2"]), Token),
            "remove owner" => chat.Mediator.Send(new RemoveMember(caller, id, Ids.New(), cast.People["owner"]), Token),
            "take invitation back" => chat.Mediator.Send(new RemoveMember(caller, id, Ids.New(), cast.People["invited2"]), Token),
            "set role" => chat.Mediator.Send(new SetRole(caller, id, Ids.New(), cast.Author, MemberRole.Administrator), Token),
            "rename" => chat.Mediator.Send(new ChangeGroup(caller, id, Ids.New(), "Renamed", null), Token),
            "set what is kept" => chat.Mediator.Send(new ChangeGroup(caller, id, Ids.New(), null, null, new KeepRule(Days: 30)), Token),
            "leave" => chat.Mediator.Send(new RemoveMember(caller, id, Ids.New(), user), Token),
            "join" => chat.Mediator.Send(new JoinGroup(caller, id, Ids.New()), Token),
            "get" => chat.Mediator.Send(new GetConversation(caller, id), Token),
            "members" => chat.Mediator.Send(new ListMembers(caller, id, null, 10), Token),
            "preferences" => chat.Mediator.Send(new SetPreferences(caller, id, null, true, null), Token),
            "recipients" => chat.Mediator.Send(new GetRecipients(caller, id), Token),
            _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "unknown"),
        };
    }

    private sealed record Cast(Guid Conversation, long Message, Dictionary<string, Guid> People, Guid Author);
}
