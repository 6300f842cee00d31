using System.Buffers.Binary;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Storage.RocksDb;

namespace ModularChat.Benchmarks;

/// <summary>The families and keys of the log on RocksDB.</summary>
internal sealed class RawRocks(string path) : IRawLog
{
    private const int Entry = 1, Feed = 2, Head = 3, Member = 4, Request = 6, Page = 50;
    private static readonly string[] Families = ["default", "entry", "feed", "head", "member", "user", "request", "reaction"];

    private readonly RocksDatabase _database = RocksDatabase.Open(path, new RocksSettings(64 << 20, 64 << 20, 1024), Families);
    private readonly Dictionary<Guid, long> _seqs = [];
    private readonly long[] _positions = new long[Workload.Shards];
    private readonly byte[] _value = [.. Enumerable.Range(0, 400).Select(i => (byte)(i * 37))];
    private readonly byte[] _key = new byte[64];
    private RocksBatch? _batch;

    public Task CreateAsync(Guid[] conversations, Guid[] users) => Task.CompletedTask;

    public Task AppendAsync(Append[] appends)
    {
        _batch ??= new RocksBatch(_database);
        foreach (var append in appends)
        {
            Put(_batch, append);
        }
        _database.Write(_batch);
        _batch.Clear();
        return Task.CompletedTask;
    }

    public Task<int> PageAsync(Guid conversation)
    {
        var from = Key(Ids.Shard(conversation, Workload.Shards), conversation, _seqs[conversation] - Page + 1).ToArray();
        var to = Key(Ids.Shard(conversation, Workload.Shards), conversation, long.MaxValue);
        var page = new List<byte[]>(Page);
        using var rows = new RocksIterator(_database, Entry, from, to);
        for (var isThere = rows.First(); isThere && page.Count < Page; isThere = rows.Next())
        {
            page.Add(rows.Value.ToArray());
        }
        return Task.FromResult(page.Count);
    }

    public ValueTask DisposeAsync()
    {
        _batch?.Dispose();
        _database.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Put(RocksBatch batch, Append append)
    {
        var shard = Ids.Shard(append.ConversationId, Workload.Shards);
        var position = ++_positions[shard];
        var seq = _seqs[append.ConversationId] = _seqs.GetValueOrDefault(append.ConversationId) + 1;
        var place = Key(shard, append.ConversationId, seq);
        // What tells rows apart, what is worked out, and the body; the rest is as long as the log's.
        append.ClientMessageId.TryWriteBytes(_value, bigEndian: true, out _);
        append.SenderId.TryWriteBytes(_value.AsSpan(16), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(_value.AsSpan(32), EntryCheck.Of(append));
        BinaryPrimitives.WriteInt64LittleEndian(_value.AsSpan(40), position);
        append.Body!.Utf8.Span.CopyTo(_value.AsSpan(91));
        batch.Put(Entry, place, _value.AsSpan(0, 291));
        batch.Put(Head, place[..18], _value.AsSpan(32, 67));
        Span<byte> key = stackalloc byte[50];
        place[..2].CopyTo(key);
        BinaryPrimitives.WriteInt64BigEndian(key[2..], position);
        batch.Put(Feed, key[..10], place[2..]);
        place[..18].CopyTo(key);
        append.SenderId.TryWriteBytes(key[18..], bigEndian: true, out _);
        batch.Put(Member, key[..34], _value.AsSpan(32, 82));
        append.ClientMessageId.TryWriteBytes(key[2..], bigEndian: true, out _);
        place[2..18].CopyTo(key[18..]);
        append.SenderId.TryWriteBytes(key[34..], bigEndian: true, out _);
        batch.Put(Request, key, _value.AsSpan(32, 40));
        key[0] = (byte)shard;
        batch.Put(0, key[..1], _value.AsSpan(32, 17));
    }

    private Span<byte> Key(int shard, Guid conversation, long seq)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_key, (ushort)shard);
        conversation.TryWriteBytes(_key.AsSpan(2), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(_key.AsSpan(18), seq);
        return _key.AsSpan(0, 26);
    }
}
