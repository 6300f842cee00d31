using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.UnitTests.Reading;

namespace ModularChat.UnitTests.Messaging;

/// <summary>Self keeps signals for 30 days, and notes for ever.</summary>
public sealed class SelfRetentionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signals_older_than_thirty_days_go_and_a_device_with_an_older_cursor_still_comes_to_the_head()
    {
        await using var chat = await Chat.StartAsync();
        var user = chat.People.Add("user");
        var self = Ids.Self(user);
        await SignalAsync(chat, user, 1, 3);
        var away = new Device(chat, user);
        await away.SyncAsync(500);
        await SignalAsync(chat, user, 4, 300);
        chat.Time.Advance(TimeSpan.FromDays(31));
        await SignalAsync(chat, user, 301, 302);

        await chat.Services.GetRequiredService<SelfRetention>().SweepAsync(Token);

        (await HistoryAsync(chat, user)).Select(entry => entry.Kind).ShouldBe([EntryKind.Signal, EntryKind.Signal]);
        var head = (await chat.SeeAsync(user, self)).Head;
        head.ShouldBe(303);
        await away.SyncAsync(500);
        away.Folds[self].Have.ShouldBe(head);
        var fresh = new Device(chat, user);
        await fresh.SyncAsync(500);
        fresh.Folds[self].Have.ShouldBe(head);
        await SignalAsync(chat, user, 303, 303);
        await away.SyncAsync(500);
        away.Folds[self].Have.ShouldBe(head + 1);
    }

    [Fact]
    public async Task A_note_to_oneself_stays_and_so_does_what_lies_behind_it()
    {
        await using var chat = await Chat.StartAsync();
        var user = chat.People.Add("user");
        await SignalAsync(chat, user, 1, 5);
        var note = await chat.SendAsync(user, Ids.Self(user), "remember the milk");
        await SignalAsync(chat, user, 6, 9);
        chat.Time.Advance(TimeSpan.FromDays(400));
        await SignalAsync(chat, user, 10, 10);

        await chat.Services.GetRequiredService<SelfRetention>().SweepAsync(Token);

        var left = await HistoryAsync(chat, user);
        left[0].Seq.ShouldBe(note.Seq);
        left.Length.ShouldBe(6);
    }

    [Fact]
    public async Task Nothing_is_cut_before_its_time()
    {
        await using var chat = await Chat.StartAsync();
        var user = chat.People.Add("user");
        await SignalAsync(chat, user, 1, 5);
        chat.Time.Advance(TimeSpan.FromDays(29));
        await SignalAsync(chat, user, 6, 6);
        await chat.Services.GetRequiredService<SelfRetention>().SweepAsync(Token);
        (await HistoryAsync(chat, user)).Length.ShouldBe(7);
    }

    private static async Task SignalAsync(Chat chat, Guid user, int first, int last)
    {
        for (var version = first; version <= last; version++)
        {
            await chat.Mediator.Publish(new UserDataChanged(user, "profile", version), Token);
        }
    }

    private static async Task<Entry[]> HistoryAsync(Chat chat, Guid user) =>
        (await chat.Mediator.Send(new GetHistory(Chat.As(user), Ids.Self(user), null, 0, 200), Token)).Entries;
}
