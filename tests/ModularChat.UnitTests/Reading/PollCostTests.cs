using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Storage;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

/// <summary>What a poll costs when little or nothing is new.</summary>
public sealed class PollCostTests
{
    private const int Conversations = 1_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_warm_poll_reads_nothing_from_the_log()
    {
        await using var chat = await Chat.OpenAsync(
            Directory.CreateTempSubdirectory("modularchat-unit-"),
            services => services.AddSingleton<IMessageLog>(provider => new CountingLog(provider.GetRequiredService<OpenedLog>())));
        var log = (CountingLog)chat.Log;
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        var groups = await Task.WhenAll(Enumerable.Range(0, Conversations).Select(_ => chat.GroupAsync(ann, HistoryVisibility.All, bo)));
        var cursor = await QuietAsync(chat, bo);

        var before = log.Reads;
        var atHead = await TimeAsync(async () => (await PollAsync(chat, bo, cursor)).Conversations.ShouldBeEmpty());
        // Others talk: the positions move, and nothing of it is for the one who polls.
        var other = await chat.GroupAsync(ann, HistoryVisibility.All);
        before = log.Reads - before == 0 ? log.Reads : throw new ShouldAssertException("A poll at the head reads from the log.");
        await chat.SendAsync(ann, other);
        var asOthersTalk = await TimeAsync(async () => (await PollAsync(chat, bo, cursor)).Conversations.ShouldBeEmpty());
        await chat.SendAsync(ann, groups[7]);
        var atMessage = await TimeAsync(async () => (await PollAsync(chat, bo, cursor)).Conversations.ShouldHaveSingleItem());

        log.Reads.ShouldBe(before);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Conversations} conversations: a poll takes {atHead:F1} us at the head, {asOthersTalk:F1} us as others talk, {atMessage:F1} us with one message");
    }

    private static Task<SyncPage> PollAsync(Chat chat, Guid user, string cursor) => chat.Mediator.Send(new Sync(Chat.As(user), cursor, 500), Token);

    private static async Task<double> TimeAsync(Func<Task> poll)
    {
        await poll();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < 200; i++)
        {
            await poll();
        }
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / 200;
    }

    /// <summary>The cursor at the head once the marks that its presenting moves are there.</summary>
    private static async Task<string> QuietAsync(Chat chat, Guid user)
    {
        string? cursor = null;
        for (var quiet = 0; quiet < 3;)
        {
            var page = await chat.Mediator.Send(new Sync(Chat.As(user), cursor, 1_000), Token);
            quiet = page.Conversations.Length == 0 ? quiet + 1 : 0;
            cursor = page.Cursor;
            chat.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(50, Token);
        }
        return cursor!;
    }
}
