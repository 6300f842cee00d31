using ModularChat.Contracts;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>What every engine of the message log promises (docs/storage.md): entries.</summary>
public sealed class MessageLogTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New(), Cy = Ids.New();
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
    }
}
