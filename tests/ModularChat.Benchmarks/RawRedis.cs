using System.Buffers.Binary;
using ModularChat.Messaging.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.Benchmarks;

/// <summary>The keys of one shard of the log, written by one script.</summary>
internal sealed class RawRedis(RedisConnection connection, string hash) : IRawLog
{
    private const int Block = 1024, Page = 50;

    private const string Script =
        """
        local p = tonumber(redis.call('HGET', KEYS[1], 'p'))
        for i = 1, #ARGV, 5 do
          local id, field, row, seq = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3])
          p = p + 1
          redis.call('RPUSH', KEYS[1] .. ':e:' .. id .. ARGV[i + 4], struct.pack('<BBI6I6', 1, 0, p, p) .. row)
          redis.call('HSET', KEYS[1] .. ':q:' .. id, field, seq)
          redis.call('XADD', KEYS[1] .. ':f', p .. '-0', 'e', id .. struct.pack('<I6', seq))
          redis.call('HSET', KEYS[1] .. ':c:' .. id, 'h', struct.pack('<BBI6I6I6I6I6I6I4I6B', 0, 0, seq, p, seq, 1, 1, p, 2, 0, 0),
            'm' .. string.sub(row, 1, 16), struct.pack('<BI6I6I6I6I6B', 2, seq, seq, seq, p, 1, 0) .. struct.pack('<I6I6I6I6', 1, 0, 0, 0))
          redis.call('ZADD', KEYS[1] .. ':x', p, id)
        end
        redis.call('HSET', KEYS[1], 'p', p)
        """;

    private readonly Dictionary<Guid, long> _seqs = [];

    public static async Task<RawRedis> OpenAsync(RedisConnection connection)
    {
        await connection.SendAsync(new RespCommand("HSET", "{raw}", "p", "0"), CancellationToken.None);
        return new RawRedis(connection, (await connection.SendAsync(new RespCommand("SCRIPT", "LOAD").Add(Script), CancellationToken.None)).Text);
    }

    public Task CreateAsync(Guid[] conversations, Guid[] users) => Task.CompletedTask;

    public async Task AppendAsync(Append[] appends)
    {
        var command = new RespCommand("EVALSHA", hash, "1", "{raw}");
        foreach (var append in appends)
        {
            byte[] row =
            [
                .. Bytes(append.SenderId), .. BitConverter.GetBytes(append.At.UtcTicks), .. Bytes(append.ClientMessageId), .. append.RequestHash,
                .. BitConverter.GetBytes(EntryCheck.Of(append)), .. append.Body!.Utf8.Span,
            ];
            var seq = _seqs[append.ConversationId] = _seqs.GetValueOrDefault(append.ConversationId) + 1;
            command.Add(Bytes(append.ConversationId)).Add(Bytes(append.ClientMessageId).AsSpan(4)).Add(row).Add(seq).Add(Number((seq - 1) / Block));
        }
        (await connection.SendAsync(command, CancellationToken.None)).Checked();
    }

    public async Task<int> PageAsync(Guid conversation)
    {
        var (from, last) = (_seqs[conversation] - Page, _seqs[conversation] - 1);
        var lists = new List<RespCommand>();
        for (var block = from / Block; block <= last / Block; block++)
        {
            byte[] key = [.. "{raw}:e:"u8, .. Bytes(conversation), .. Number(block)];
            lists.Add(new RespCommand("LRANGE").Add(key).Add(Math.Max(0, from - (block * Block))).Add(last - (block * Block)));
        }
        return (await connection.SendAsync(lists, CancellationToken.None)).Sum(rows => rows.Items.Length);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);

    private static byte[] Number(long block)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, (int)block);
        return bytes;
    }
}
