using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Hearing;

namespace ModularChat.Messaging.Publishing;

/// <summary>
/// The log for everybody who needs it from the container: there from the beginning, usable once the process has opened it.
/// Before and after, it answers as a store that is away.
/// </summary>
internal sealed class OpenedLog : IMessageLog
{
    private ILogDatabase? log;

    public LogInfo Info => Log.Info;

    /// <summary>The log with its rows, for upkeep; null while it is not open.</summary>
    public ILogDatabase? Database => Volatile.Read(ref log);

    private ILogDatabase Log => Volatile.Read(ref log) ?? throw new LogUnavailableException("The message log is not open.");

    public void Use(ILogDatabase opened) => Volatile.Write(ref log, opened);

    public bool IsShared => Database?.IsShared == true;

    public void Hear(HeardCommit heard) => Database?.Hear(heard);

    public ValueTask<long[]> GetPositionsAsync(CancellationToken token) => Log.GetPositionsAsync(token);

    public ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token) => Log.ContainsAsync(runId, positions, token);

    public ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token) => Log.AppendAsync(append, token);

    public ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token) => Log.AdvanceMarksAsync(advances, token);

    public ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token) =>
        Log.GetHeadsAsync(conversationIds, token);

    public ValueTask<Membership?> GetMembershipAsync(Guid conversationId, CancellationToken token) => Log.GetMembershipAsync(conversationId, token);

    public ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> GetMemberAsync(
        IReadOnlyList<Guid> conversationIds, Guid userId, CancellationToken token) => Log.GetMemberAsync(conversationIds, userId, token);

    public ValueTask<IReadOnlyList<Guid>> ListConversationsAsync(Guid userId, CancellationToken token) => Log.ListConversationsAsync(userId, token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Guid conversationId, long from, long to, int limit, bool newest, CancellationToken token) =>
        Log.ReadAsync(conversationId, from, to, limit, newest, token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadFeedAsync(int shard, long afterPosition, int limit, CancellationToken token) =>
        Log.ReadFeedAsync(shard, afterPosition, limit, token);

    public ValueTask<long> GetNumberAsync(Guid conversationId, long seq, CancellationToken token) => Log.GetNumberAsync(conversationId, seq, token);

    public ValueTask<int> ForgetDuplicatesAsync(DateTimeOffset before, int limit, CancellationToken token) =>
        Log.ForgetDuplicatesAsync(before, limit, token);

    public ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token) =>
        Log.CutAsync(conversationId, upTo, forgetBefore, token);

    public ValueTask PurgeAsync(CancellationToken token) => Log.PurgeAsync(token);

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref log, null)?.DisposeAsync() ?? ValueTask.CompletedTask;
}
