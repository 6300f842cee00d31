using ModularChat.Messaging.Storage.Writing;

namespace ModularChat.Messaging.Storage.Sqlite;

internal sealed partial class SqliteMessageLog
{
    public ValueTask<LogSeed> GetSeedAsync(CancellationToken token) => throw new NotSupportedException();

    public ValueTask<ShardRow> GetShardAsync(int shard, CancellationToken token) => throw new NotSupportedException();

    public ValueTask SetShardAsync(ShardRow row, CancellationToken token) => _writer.SetShardAsync(row, token);

    public ValueTask SetRunsAsync(IReadOnlyList<RunRow> runs, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Membership>> ReadConversationsAsync(int shard, Guid after, int limit, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<EntryRow>> ReadEntryRowsAsync(Guid conversationId, long from, int limit, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Guid>> ReadChangesAsync(int shard, long afterPosition, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<(Guid UserId, Guid ConversationId)>> ReadUserIndexAsync(int shard, Guid afterUser, Guid afterConversation, int limit, CancellationToken token) => throw new NotSupportedException();

    public ValueTask WriteRowsAsync(IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries, CancellationToken token) => throw new NotSupportedException();

    public ValueTask DropShardAsync(int shard, CancellationToken token) => throw new NotSupportedException();

    public ValueTask<long> GetSizeAsync(CancellationToken token) => throw new NotSupportedException();
}
