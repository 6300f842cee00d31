using ModularChat.Messaging.Storage;

namespace ModularChat.UnitTests.Reading;

/// <summary>Counts what is read from the log.</summary>
internal sealed class CountingLog(IMessageLog log) : IMessageLog
{
    private int reads;

    public int Reads => Volatile.Read(ref reads);

    public LogInfo Info => log.Info;

    public ValueTask<long[]> GetPositionsAsync(CancellationToken token) => Read().GetPositionsAsync(token);

    public ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token) => Read().ContainsAsync(runId, positions, token);

    public ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token) => log.AppendAsync(append, token);

    public ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token) => log.AdvanceMarksAsync(advances, token);

    public ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token) => Read().GetHeadsAsync(conversationIds, token);

    public ValueTask<Membership?> GetMembershipAsync(Guid conversationId, CancellationToken token) => Read().GetMembershipAsync(conversationId, token);

    public ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> GetMemberAsync(
        IReadOnlyList<Guid> conversationIds, Guid userId, CancellationToken token) => Read().GetMemberAsync(conversationIds, userId, token);

    public ValueTask<IReadOnlyList<Guid>> ListConversationsAsync(Guid userId, CancellationToken token) => Read().ListConversationsAsync(userId, token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Guid conversationId, long from, long to, int limit, bool newest, CancellationToken token) =>
        Read().ReadAsync(conversationId, from, to, limit, newest, token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadFeedAsync(int shard, long afterPosition, int limit, CancellationToken token) =>
        Read().ReadFeedAsync(shard, afterPosition, limit, token);

    public ValueTask<long> GetNumberAsync(Guid conversationId, long seq, CancellationToken token) => Read().GetNumberAsync(conversationId, seq, token);

    public ValueTask<int> ForgetDuplicatesAsync(DateTimeOffset before, int limit, CancellationToken token) => log.ForgetDuplicatesAsync(before, limit, token);

    public ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token) => log.CutAsync(conversationId, upTo, forgetBefore, token);

    public ValueTask PurgeAsync(CancellationToken token) => log.PurgeAsync(token);

    // The one below is the container's too.
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IMessageLog Read()
    {
        Interlocked.Increment(ref reads);
        return log;
    }
}
