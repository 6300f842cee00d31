using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

/// <summary>Random people who do random things in a few groups; what is refused is refused.</summary>
internal sealed class RandomChat(Chat chat, Random random, RandomChat? among = null)
{
    private static readonly string[] Emojis = ["👍", "❤", "🎉"];
    private readonly List<Guid> groups = among?.groups ?? [];
    private readonly List<Task> marks = [];

    public List<Guid> People { get; } = among?.People ?? [];

    public List<Guid> Groups => groups;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task BeginAsync(int people, int conversations)
    {
        for (var i = 0; i < people; i++)
        {
            People.Add(chat.People.Add($"user{i}"));
        }
        // Some take additions only from friends, so that they are invited.
        chat.People.FriendsOnly.Add(People[^1]);
        for (var i = 0; i < conversations; i++)
        {
            var history = i % 2 == 0 ? HistoryVisibility.All : HistoryVisibility.Joined;
            groups.Add(await chat.GroupAsync(Person(), history, Person(), Person()));
        }
        groups.Add(await chat.DirectAsync(People[0], People[1]));
    }

    public async Task StepAsync()
    {
        var (caller, group) = (Chat.As(Person()), groups[random.Next(groups.Count)]);
        try
        {
            await StepAsync(caller, group);
        }
        catch (ChatException)
        {
            // Not a member, not an administrator, no such message: as it may be.
        }
    }

    /// <summary>Lets everything that waits for time happen.</summary>
    public async Task SettleAsync()
    {
        while (marks.Exists(mark => !mark.IsCompleted))
        {
            chat.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, Token);
        }
        chat.Time.Advance(TimeSpan.FromSeconds(2));
    }

    private async Task StepAsync(Caller caller, Guid group)
    {
        var mediator = chat.Mediator;
        switch (random.Next(24))
        {
            case < 9:
                await chat.SendAsync(caller.UserId, group, $"text {random.Next()}");
                break;
            case < 11:
                await mediator.Send(new EditMessage(caller, group, await SeqAsync(caller, group), Ids.New(), $"edited {random.Next()}"), Token);
                break;
            case 11:
                await mediator.Send(new DeleteMessage(caller, group, await SeqAsync(caller, group), Ids.New()), Token);
                break;
            case < 15:
                await mediator.Send(new React(caller, group, await SeqAsync(caller, group), Ids.New(), Emojis[random.Next(3)], random.Next(3) == 0), Token);
                break;
            case 15:
                await mediator.Send(new PinMessage(caller, group, await SeqAsync(caller, group), Ids.New(), random.Next(2) == 0), Token);
                break;
            case < 18:
                marks.Add(MarkAsync(caller, group, await SeqAsync(caller, group)));
                break;
            case < 20:
                await mediator.Send(new AddMembers(caller, group, Ids.New(), [Person()]), Token);
                break;
            case 20:
                await mediator.Send(new RemoveMember(caller, group, Ids.New(), random.Next(2) == 0 ? caller.UserId : Person()), Token);
                break;
            case 21:
                await mediator.Send(new JoinGroup(caller, group, Ids.New()), Token);
                break;
            case 22:
                await mediator.Send(new SetRole(caller, group, Ids.New(), Person(), random.Next(3) == 0 ? MemberRole.Administrator : MemberRole.Member), Token);
                break;
            default:
                if (random.Next(2) == 0)
                {
                    await mediator.Send(new ChangeGroup(caller, group, Ids.New(), null, null, new KeepRule(random.Next(3), random.Next(2) * 1000)), Token);
                    break;
                }
                await mediator.Send(new ChangeGroup(caller, group, Ids.New(), random.Next(2) == 0 ? $"title {random.Next(100)}" : null,
                    random.Next(2) == 0 ? (HistoryVisibility)random.Next(2) : null), Token);
                break;
        }
    }

    private async Task MarkAsync(Caller caller, Guid group, long seq)
    {
        try
        {
            await chat.Mediator.Send(new AdvanceMarks(caller, group, random.Next(2) == 0 ? seq : null, seq), Token);
        }
        catch (ChatException)
        {
            // Not a member.
        }
    }

    private async Task<long> SeqAsync(Caller caller, Guid group)
    {
        var head = (await chat.SeeAsync(caller.UserId, group)).Head;
        return Math.Max(1, head - random.Next(1, 25));
    }

    private Guid Person() => People[random.Next(People.Count)];
}
