using ModularChat.Contracts;
using ModularChat.Messaging.Storage.Writing;

namespace ModularChat.Messaging.Storage.Sqlite;

internal sealed partial class SqliteMessageLog
{
    /// <summary>Entries that one transaction drops: other writes wait for it.</summary>
    private const int DropSlice = 2000;

    public ValueTask<LogSeed> GetSeedAsync(CancellationToken token) =>
        new(new LogSeed(Info.LogId, Info.Key, Info.ShardCount, _runs.Runs, [.. _writer.States.Index().Where(s => s.Item != ShardState.Gone).Select(s => s.Index)]));

    public ValueTask<ShardRow> GetShardAsync(int shard, CancellationToken token) =>
        new(new ShardRow(shard, _writer.States[shard], _writer.Positions[shard]));

    public ValueTask SetShardAsync(ShardRow row, CancellationToken token) => _writer.SetShardAsync(row, token);

    public async ValueTask SetRunsAsync(IReadOnlyList<RunRow> runs, CancellationToken token)
    {
        await WriteAsync(
            (_, archive) =>
            {
                archive.WriteRuns(runs);
                return true;
            },
            token);
        _runs.Runs = [.. runs];
        Info = Info with { RunId = runs.Count > 0 ? runs[^1].Id : Info.RunId };
    }

    public ValueTask<IReadOnlyList<Membership>> ReadConversationsAsync(int shard, Guid after, int limit, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.ShardConversations(shard, after, limit), token);

    public ValueTask<IReadOnlyList<EntryRow>> ReadEntryRowsAsync(Guid conversationId, long from, int limit, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.EntryRows(conversationId, from, limit), token);

    public ValueTask<IReadOnlyList<Guid>> ReadChangesAsync(int shard, long afterPosition, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.Changes(shard, afterPosition), token);

    public ValueTask<IReadOnlyList<(Guid UserId, Guid ConversationId)>> ReadUserIndexAsync(int shard, Guid afterUser, Guid afterConversation, int limit, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.UserIndex(shard, afterUser, afterConversation, limit), token);

    public async ValueTask WriteRowsAsync(IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries, CancellationToken token) =>
        await WriteAsync(
            (tables, archive) =>
            {
                if (conversations.Select(c => c.Head.ConversationId).Concat(entries.Select(e => e.ConversationId)).Any(id => tables.States[Ids.Shard(id, tables.States.Length)] != ShardState.Receiving))
                {
                    throw new InvalidOperationException("Rows are written as they are only into a shard that is receiving.");
                }
                foreach (var membership in conversations)
                {
                    archive.Write(membership);
                }
                foreach (var row in entries)
                {
                    archive.Write(row);
                }
                return true;
            },
            token);

    public async ValueTask DropShardAsync(int shard, CancellationToken token)
    {
        if (_writer.States[shard] is not (ShardState.Gone or ShardState.Receiving))
        {
            throw new InvalidOperationException($"Shard {shard} is in use.");
        }
        while (await WriteAsync((_, archive) => archive.DropEntries(shard, DropSlice), token))
        {
            // Others write between the slices.
        }
        await WriteAsync(
            (_, archive) =>
            {
                archive.DropConversations(shard);
                return true;
            },
            token);
    }

    public ValueTask<long> GetSizeAsync(CancellationToken token) =>
        new(new[] { _path, _path + "-wal" }.Select(f => new FileInfo(f)).Where(f => f.Exists).Sum(f => f.Length));
}
