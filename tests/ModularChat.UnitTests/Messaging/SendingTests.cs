using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.UnitTests.Messaging;

public sealed class SendingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Text_is_stored_as_it_came_and_without_escapes()
    {
        await using var chat = await Chat.StartAsync();
        var (user, self) = Self(chat);
        const string text = "<b>\"你好\"</b> & 👍\t\n\u200F\uFEFF";
        var entry = await chat.ReadAsync(self, (await chat.SendAsync(user, self, text)).Seq);
        JsonSerializer.Deserialize(entry.Body!.Utf8.Span, ContractsJson.Default.MessageBody)!.Text.ShouldBe(text);
        entry.Body.ToString().ShouldContain("你好");
    }

    [Fact]
    public async Task An_edit_keeps_what_the_message_answers_and_a_deletion_leaves_nothing()
    {
        await using var chat = await Chat.StartAsync();
        var (user, self) = Self(chat);
        var first = await chat.SendAsync(user, self, "first");
        var reply = await chat.SendAsync(user, self, "reply", replyTo: first.Seq);
        await chat.Mediator.Send(new EditMessage(Chat.As(user), self, reply.Seq, Ids.New(), "edited"), Token);
        var entry = await chat.ReadAsync(self, reply.Seq);
        entry.Body!.ToString().ShouldBe($$"""{"text":"edited","replyTo":{{first.Seq}}}""");
        await chat.Mediator.Send(new DeleteMessage(Chat.As(user), self, reply.Seq, Ids.New()), Token);
        (await chat.ReadAsync(self, reply.Seq)).Body.ShouldBeNull();
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new EditMessage(Chat.As(user), self, reply.Seq, Ids.New(), "again"), Token))).ShouldBe("message_not_found");
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new React(Chat.As(user), self, reply.Seq, Ids.New(), "👍"), Token))).ShouldBe("message_not_found");
        (await chat.Mediator.Send(new DeleteMessage(Chat.As(user), self, reply.Seq, Ids.New()), Token)).Seq.ShouldBe(0);
    }

    [Fact]
    public async Task What_is_so_already_writes_nothing()
    {
        await using var chat = await Chat.StartAsync();
        var (user, self) = Self(chat);
        var seq = (await chat.SendAsync(user, self)).Seq;
        (await chat.Mediator.Send(new React(Chat.As(user), self, seq, Ids.New(), "👍"), Token)).Seq.ShouldBe(seq + 1);
        (await chat.Mediator.Send(new React(Chat.As(user), self, seq, Ids.New(), "👍"), Token)).Seq.ShouldBe(0);
        (await chat.Mediator.Send(new PinMessage(Chat.As(user), self, seq, Ids.New(), true), Token)).Seq.ShouldBe(seq + 2);
        (await chat.Mediator.Send(new PinMessage(Chat.As(user), self, seq, Ids.New(), true), Token)).Seq.ShouldBe(0);
        (await chat.SeeAsync(user, self)).Head.ShouldBe(seq + 2);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)] // the created entry: not a message
    [InlineData(99)]
    [InlineData(long.MaxValue)]
    public async Task A_target_that_is_no_message_is_not_found(long seq)
    {
        await using var chat = await Chat.StartAsync();
        var (user, self) = Self(chat);
        await chat.SendAsync(user, self);
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new EditMessage(Chat.As(user), self, seq, Ids.New(), "x"), Token))).ShouldBe("message_not_found");
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new DeleteMessage(Chat.As(user), self, seq, Ids.New()), Token))).ShouldBe("message_not_found");
    }

    [Fact]
    public async Task An_empty_id_is_refused()
    {
        await using var chat = await Chat.StartAsync();
        var (user, self) = Self(chat);
        (await Chat.CodeOfAsync(() => chat.SendAsync(user, self, id: Guid.Empty))).ShouldBe("invalid_request");
    }

    [Fact]
    public async Task Relations_are_asked_for_once_in_thirty_seconds_and_again_when_a_block_changes()
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bob) = (chat.People.Add("ann"), chat.People.Add("bob"));
        var direct = await chat.DirectAsync(ann, bob);
        await chat.SendAsync(ann, direct);
        var asked = chat.People.RelationsAsked;
        await chat.SendAsync(bob, direct);
        chat.People.RelationsAsked.ShouldBe(asked);

        chat.People.Block(bob, ann);
        await chat.Mediator.Publish(new Contracts.Identity.BlockChanged(bob, ann), Token);
        (await Chat.CodeOfAsync(() => chat.SendAsync(ann, direct))).ShouldBe("unreachable");

        // The event that takes it away again was lost.
        chat.People.Blocked.Clear();
        (await Chat.CodeOfAsync(() => chat.SendAsync(ann, direct))).ShouldBe("unreachable");
        chat.Time.Advance(TimeSpan.FromSeconds(30));
        (await Chat.CodeOfAsync(() => chat.SendAsync(ann, direct))).ShouldBe("ok");
    }

    [Fact]
    public async Task Ids_are_forgotten_after_their_days()
    {
        await using var chat = await Chat.StartAsync("Messaging:DuplicateDays=2");
        var (user, self) = Self(chat);
        var id = Ids.New();
        var first = await chat.SendAsync(user, self, "text", id);
        (await chat.SendAsync(user, self, "text", id)).Seq.ShouldBe(first.Seq);
        for (var hour = 0; hour < 50; hour++)
        {
            chat.Time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(10, Token);
        }
        while ((await chat.SendAsync(user, self, "text", id)).Seq == first.Seq)
        {
            chat.Time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(10, Token);
        }
    }

    private static (Guid User, Guid Self) Self(Chat chat)
    {
        var user = chat.People.Add("user");
        return (user, Ids.Self(user));
    }
}
