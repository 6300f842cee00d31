using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

internal sealed partial class RocksMessageLog
{
    /// <summary>A page of rows ends when it has grown over this.</summary>
    private const long PageBytes = 4 * 1024 * 1024;

    public ValueTask<LogSeed> GetSeedAsync(CancellationToken token)
    {
        var states = _writer.States;
        return new(new LogSeed(Info.LogId, Info.Key, Info.ShardCount, _runs.Runs, [.. Enumerable.Range(0, states.Length).Where(s => states[s] != ShardState.Gone)]));
    }

    public ValueTask<ShardRow> GetShardAsync(int shard, CancellationToken token) => new(new ShardRow(shard, _writer.States[shard], _writer.Positions[shard]));

    public ValueTask SetShardAsync(ShardRow row, CancellationToken token) => _writer.SetShardAsync(row, token);

    public async ValueTask SetRunsAsync(IReadOnlyList<RunRow> runs, CancellationToken token)
    {
        await WriteAsync(
            batch =>
            {
                batch.DeleteRange(Family.Meta, "run"u8, "ruo"u8);
                for (var i = 0; i < runs.Count; i++)
                {
                    RocksSchema.PutRun(batch, i, runs[i]);
                }
            },
            token);
        _runs.Runs = runs;
        if (runs.Count > 0)
        {
            Volatile.Write(ref _info, Info with { RunId = runs[^1].Id });
        }
    }

    public ValueTask<IReadOnlyList<Membership>> ReadConversationsAsync(int shard, Guid after, int limit, CancellationToken token) => ReadAsync<IReadOnlyList<Membership>>(
        reader =>
        {
            var found = new List<Membership>();
            using var rows = reader.Rows(Family.Head, shard, Keys.Of(stackalloc byte[Keys.MaxLength], shard, after));
            var members = 0;
            for (var isThere = rows.First(); isThere && found.Count < limit && members < limit * 10; isThere = rows.Next())
            {
                var head = Values.Head(shard, Keys.Id(rows.Key[2..]), rows.Value);
                found.Add(new Membership(head, reader.Members(head)));
                members += found[^1].Members.Count;
            }
            return found;
        },
        token);

    public ValueTask<IReadOnlyList<EntryRow>> ReadEntryRowsAsync(Guid conversationId, long from, int limit, CancellationToken token) => ReadAsync<IReadOnlyList<EntryRow>>(
        reader =>
        {
            var (found, bytes) = (new List<EntryRow>(), 0L);
            foreach (var row in reader.Rows(conversationId, from))
            {
                if (found.Count >= limit || bytes > PageBytes)
                {
                    break;
                }
                found.Add(Row(reader, row));
                bytes += row.Body?.Utf8.Length ?? 0;
            }
            return found;
        },
        token);

    public ValueTask<IReadOnlyList<Guid>> ReadChangesAsync(int shard, long afterPosition, CancellationToken token) => ReadAsync<IReadOnlyList<Guid>>(
        reader =>
        {
            // Every change moves one of the head's positions: the heads are few beside the entries.
            var found = new List<Guid>();
            using var rows = reader.Rows(Family.Head, shard, Keys.Of(stackalloc byte[Keys.MaxLength], shard, Guid.Empty));
            for (var isThere = rows.First(); isThere; isThere = rows.Next())
            {
                var head = Values.Head(shard, Keys.Id(rows.Key[2..]), rows.Value);
                if (head.Position > afterPosition || head.MarksPosition > afterPosition)
                {
                    found.Add(head.ConversationId);
                }
            }
            return found;
        },
        token);

    public ValueTask<IReadOnlyList<(Guid UserId, Guid ConversationId)>> ReadUserIndexAsync(int shard, Guid afterUser, Guid afterConversation, int limit, CancellationToken token) =>
        ReadAsync<IReadOnlyList<(Guid, Guid)>>(
            reader =>
            {
                var found = new List<(Guid, Guid)>();
                using var rows = reader.Rows(Family.User, shard, Keys.Pair(stackalloc byte[Keys.MaxLength], shard, afterUser, afterConversation));
                for (var isThere = rows.First(); isThere && found.Count < limit; isThere = rows.Next())
                {
                    found.Add((Keys.Id(rows.Key[2..]), Keys.Id(rows.Key[18..])));
                }
                return found;
            },
            token);

    public async ValueTask WriteRowsAsync(IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries, CancellationToken token) =>
        await WriteAsync(batch => new RowWriter(batch, _store, _writer.States).Write(conversations, entries), token);

    public async ValueTask DropShardAsync(int shard, CancellationToken token) => await _writer.WriteAloneAsync(
        tables =>
        {
            ((RocksTables)tables).DropShard(shard);
            return true;
        },
        token);

    public ValueTask<long> GetSizeAsync(CancellationToken token) =>
        new(Directory.EnumerateFiles(_store.Path).Sum(f => new FileInfo(f) is { Exists: true } file ? file.Length : 0));

    private async ValueTask WriteAsync(Action<RocksBatch> write, CancellationToken token) => await _writer.WriteAloneAsync(
        tables =>
        {
            ((RocksTables)tables).Write(write);
            return true;
        },
        token);

    private static EntryRow Row(RocksReader reader, StoredEntry row) => new(
        row.ConversationId, row.Seq, row.Position, row.Number, row.Kind, row.SenderId, row.At, row.ClientMessageId, row.Target, row.Body,
        row.State.HasFlag(MessageState.Deleted), row.State.HasFlag(MessageState.Pinned), row.Changed, row.EditedAt,
        row.State.HasFlag(MessageState.HasReactions) ? reader.Reactions(row) : [], reader.FindRequest(row)?.Hash, row.Check);
}
