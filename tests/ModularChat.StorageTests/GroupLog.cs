using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Storage;

namespace ModularChat.StorageTests;

/// <summary>A log with one group in it.</summary>
internal sealed class GroupLog(LogUnderTest test) : IAsyncDisposable
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public Guid Group { get; } = Ids.New();
    public LogUnderTest Test { get; } = test;
    public IMessageLog Log => Test.Log;
    public RecordingListener Listener => Test.Listener;

    public static Task<GroupLog> OpenAsync(string engine, params Guid[] users) => OpenAsync(engine, _ => { }, users);

    public static async Task<GroupLog> OpenAsync(string engine, Action<MessageLogOptions> configure, params Guid[] users)
    {
        var log = new GroupLog(await LogUnderTest.OpenAsync(engine, configure));
        (await log.AppendAsync(Appends.Create(log.Group, users))).Outcome.ShouldBe(AppendOutcome.Stored);
        return log;
    }

    public async Task<AppendResult> AppendAsync(Append append) => await Log.AppendAsync(append, Token);

    public async Task MarkAsync(Guid user, long? delivered, long? read, Preferences? preferences = null) =>
        await Log.AdvanceMarksAsync([new MarkAdvance(Group, user, delivered, read, preferences)], Token);

    public async Task<Entry[]> EntriesAsync() => [.. (await Log.ReadAsync(Group, 1, long.MaxValue, 1000, newest: false, Token)).Select(e => e.Entry)];

    public async Task<Head> HeadAsync() => (await Log.GetHeadsAsync([Group], Token)).ShouldHaveSingleItem();

    public async Task<Member> MemberAsync(Guid user) => (await Log.GetMemberAsync([Group], user, Token)).ShouldHaveSingleItem().Member;

    public Task ReopenAsync() => Test.ReopenAsync();

    public ValueTask DisposeAsync() => Test.DisposeAsync();
}
