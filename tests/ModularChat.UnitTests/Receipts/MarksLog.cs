using ModularChat.Messaging.Storage;

namespace ModularChat.UnitTests.Receipts;

/// <summary>A log that only takes marks, and remembers each write.</summary>
internal sealed class MarksLog : IMessageLog
{
    public List<IReadOnlyList<MarkAdvance>> Writes { get; } = [];

    public Exception? Failure { get; set; }

    public LogInfo Info => throw new NotSupportedException();

    public ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token)
    {
        if (Failure is { } failure)
        {
            return ValueTask.FromException(failure);
        }
        Writes.Add(advances);
        return ValueTask.CompletedTask;
    }

    public ValueTask<long[]> GetPositionsAsync(CancellationToken token) => throw new NotSupportedException();

    public ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<Membership?> GetMembershipAsync(Guid conversationId, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> GetMemberAsync(
        IReadOnlyList<Guid> conversationIds, Guid userId, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Guid>> ListConversationsAsync(Guid userId, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Guid conversationId, long from, long to, int limit, bool newest, CancellationToken token) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<LogEntry>> ReadFeedAsync(int shard, long afterPosition, int limit, CancellationToken token) =>
        throw new NotSupportedException();

    public ValueTask<long> GetNumberAsync(Guid conversationId, long seq, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<int> ForgetDuplicatesAsync(DateTimeOffset before, int limit, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token) => throw new NotSupportedException();

    public ValueTask PurgeAsync(CancellationToken token) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
