using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Reading;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

public sealed class RecentEntriesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, InlineData(11), InlineData(12), InlineData(13)]
    public async Task What_is_in_memory_is_what_the_log_returns(int seed)
    {
        await using var chat = await Chat.StartAsync();
        var recent = chat.Services.GetRequiredService<RecentEntries>();
        var random = new Random(seed);
        var life = new RandomChat(chat, random);
        await life.BeginAsync(people: 4, conversations: 2);
        var compared = 0;
        for (var step = 0; step < 900; step++)
        {
            await life.StepAsync();
            if (step % 5 == 0)
            {
                compared += await CompareAsync(chat, recent, life.Groups[random.Next(life.Groups.Count)], random);
            }
        }
        compared.ShouldBeGreaterThan(500);
        await life.SettleAsync();
    }

    [Fact]
    public async Task An_older_edit_carries_what_the_newer_one_wrote_and_nothing_after_a_deletion()
    {
        await using var chat = await Chat.StartAsync();
        var recent = chat.Services.GetRequiredService<RecentEntries>();
        var ann = chat.People.Add("ann");
        var group = await chat.GroupAsync(ann, HistoryVisibility.All);
        await chat.SendAsync(ann, group, "first");
        await chat.SendAsync(ann, group, "other");
        await chat.Mediator.Send(new EditMessage(Chat.As(ann), group, 2, Ids.New(), "second"), Token);
        await chat.Mediator.Send(new PinMessage(Chat.As(ann), group, 2, Ids.New(), true), Token);
        await chat.Mediator.Send(new EditMessage(Chat.As(ann), group, 2, Ids.New(), "third"), Token);
        await SameAsync(6);
        recent.Read(group, 4, 4)![0].Entry.Body!.ToString().ShouldContain("third");

        await chat.Mediator.Send(new DeleteMessage(Chat.As(ann), group, 2, Ids.New()), Token);
        await SameAsync(7);
        recent.Read(group, 4, 4)![0].Entry.Body.ShouldBeNull();

        async Task SameAsync(int count)
        {
            var all = await chat.Log.ReadAsync(group, 1, long.MaxValue, 100, newest: false, Token);
            recent.Read(group, 1, count)!.Select(Text).ShouldBe(all.Select(Text));
        }
    }

    [Fact]
    public async Task Memory_stays_within_its_bound()
    {
        await using var chat = await Chat.StartAsync("Messaging:RecentEntriesBytes=50000");
        var recent = chat.Services.GetRequiredService<RecentEntries>();
        var ann = chat.People.Add("ann");
        for (var i = 0; i < 20; i++)
        {
            var group = await chat.GroupAsync(ann, HistoryVisibility.All);
            for (var n = 0; n < 5; n++)
            {
                await chat.SendAsync(ann, group, new string('x', 1_000));
            }
            recent.Bytes.ShouldBeLessThanOrEqualTo(50_000);
        }
        recent.Bytes.ShouldBeGreaterThan(10_000);
        recent.Clear();
        recent.Bytes.ShouldBe(0);
    }

    [Fact]
    public async Task The_newest_hundred_are_kept()
    {
        await using var chat = await Chat.StartAsync();
        var recent = chat.Services.GetRequiredService<RecentEntries>();
        var ann = chat.People.Add("ann");
        var group = await chat.GroupAsync(ann, HistoryVisibility.All);
        for (var n = 0; n < 150; n++)
        {
            await chat.SendAsync(ann, group);
        }

        recent.Read(group, 52, 151)!.Select(e => e.Entry.Seq).ShouldBe(Enumerable.Range(52, 100).Select(seq => (long)seq));
        recent.Read(group, 51, 151).ShouldBeNull();
        recent.Read(Ids.New(), 1, 1).ShouldBeNull();
    }

    private static async Task<int> CompareAsync(Chat chat, RecentEntries recent, Guid conversation, Random random)
    {
        var all = await chat.Log.ReadAsync(conversation, 1, long.MaxValue, 100_000, newest: false, Token);
        var from = random.Next(Math.Max(1, all.Count - 130), all.Count + 1);
        var to = random.Next(from, all.Count + 1);
        var read = recent.Read(conversation, from, to);
        (read is null).ShouldBe(from <= all.Count - Tail.Length);
        if (read is not null)
        {
            read.Select(Text).ShouldBe(all.Skip(from - 1).Take(to - from + 1).Select(Text));
        }
        // What lies past a position, wherever in the shard it falls.
        var position = all[from - 1].Position - random.Next(2);
        if (recent.ReadAfter(conversation, position, 1, to, 200) is { } after)
        {
            after.Select(Text).ShouldBe(all.Take(to).Where(e => e.Position > position).Select(Text));
        }
        if (recent.FindLast(conversation, position) is { } last)
        {
            last.ShouldBe(all.Count(e => e.Position <= position));
        }
        return read?.Length ?? 0;
    }

    private static string Text(ModularChat.Messaging.Storage.LogEntry entry) =>
        $"{entry.Shard} {entry.Position} {System.Text.Json.JsonSerializer.Serialize(entry.Entry, ContractsJson.Wire.Entry)}";
}
