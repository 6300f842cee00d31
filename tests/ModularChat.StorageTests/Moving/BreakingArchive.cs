using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests.Moving;

/// <summary>A database whose connection breaks before some writes.</summary>
internal sealed class BreakingArchive(ILogArchive archive, Func<bool> breaks) : ILogArchive
{
    public ValueTask<LogSeed> GetSeedAsync(CancellationToken token) => archive.GetSeedAsync(token);

    public ValueTask<ShardRow> GetShardAsync(int shard, CancellationToken token) => archive.GetShardAsync(shard, token);

    public ValueTask SetShardAsync(ShardRow row, CancellationToken token) => archive.SetShardAsync(row, token);

    public ValueTask SetRunsAsync(IReadOnlyList<RunRow> runs, CancellationToken token) => archive.SetRunsAsync(runs, token);

    public ValueTask<IReadOnlyList<Membership>> ReadConversationsAsync(int shard, Guid after, int limit, CancellationToken token) =>
        archive.ReadConversationsAsync(shard, after, limit, token);

    public ValueTask<IReadOnlyList<EntryRow>> ReadEntryRowsAsync(Guid conversationId, long from, int limit, CancellationToken token) =>
        archive.ReadEntryRowsAsync(conversationId, from, limit, token);

    public ValueTask<IReadOnlyList<Guid>> ReadChangesAsync(int shard, long afterPosition, CancellationToken token) =>
        archive.ReadChangesAsync(shard, afterPosition, token);

    public ValueTask<IReadOnlyList<(Guid UserId, Guid ConversationId)>> ReadUserIndexAsync(int shard, Guid afterUser, Guid afterConversation, int limit, CancellationToken token) =>
        archive.ReadUserIndexAsync(shard, afterUser, afterConversation, limit, token);

    public ValueTask WriteRowsAsync(IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries, CancellationToken token) =>
        breaks() ? throw new IOException("The connection broke.") : archive.WriteRowsAsync(conversations, entries, token);

    public ValueTask DropShardAsync(int shard, CancellationToken token) => archive.DropShardAsync(shard, token);

    public ValueTask<long> GetSizeAsync(CancellationToken token) => archive.GetSizeAsync(token);
}
