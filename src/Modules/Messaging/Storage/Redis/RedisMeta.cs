using System.Globalization;
using System.Text;
using ModularChat.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>What names the log.</summary>
/// <param name="LogId">Its id.</param>
/// <param name="Key">Its key.</param>
/// <param name="Histories">For each shard the replication id of the server that writes it.</param>
/// <param name="Past">Replication ids that have ended.</param>
/// <param name="Runs">Oldest first.</param>
internal sealed record RedisMeta(Guid LogId, byte[] Key, string[] Histories, HashSet<string> Past, IReadOnlyList<RedisRun> Runs)
{
    public const int Version = 1;

    public int ShardCount => Histories.Length;

    /// <summary>The number of the run with which a shard's history last broke.</summary>
    public int LastBreak(int shard)
    {
        for (var i = Runs.Count - 1; i > 0; i--)
        {
            if (Runs[i].Broken[shard])
            {
                return i;
            }
        }
        return 0;
    }

    /// <summary>Reads the answer of <c>meta.lua</c>; null when there is no log.</summary>
    /// <exception cref="StartupException">A newer program has made it.</exception>
    public static RedisMeta? Parse(RespValue answer)
    {
        var pairs = answer.Items[0].Items;
        if (pairs.Length == 0)
        {
            return null;
        }
        var fields = new Dictionary<string, byte[]>();
        for (var i = 0; i < pairs.Length; i += 2)
        {
            fields[pairs[i].Text] = pairs[i + 1].Bytes;
        }
        SchemaVersion.Check("The message log on Redis", Number(fields["version"]), Version);
        var shards = (int)Number(fields["shards"]);
        return new RedisMeta(
            new Guid(fields["log"], bigEndian: true), fields["key"],
            [.. Enumerable.Range(0, shards).Select(s => Encoding.UTF8.GetString(fields.GetValueOrDefault(HistoryField(s), [])))],
            [.. answer.Items[2].Items.Select(p => p.Text)], [.. answer.Items[1].Items.Select(r => RedisRun.Decode(r.Bytes))]);
    }

    /// <summary>The command that makes the log unless another node was first.</summary>
    public RespCommand Create(string key)
    {
        var command = RedisScript.Create.On(key).Add(2 * (4 + ShardCount))
            .Add("version").Add(Version).Add("log").Add(LogId.ToByteArray(bigEndian: true)).Add("key").Add(Key).Add("shards").Add(ShardCount);
        for (var shard = 0; shard < ShardCount; shard++)
        {
            command.Add(HistoryField(shard)).Add(Histories[shard]);
        }
        foreach (var run in Runs)
        {
            command.Add(run.Encode());
        }
        return command;
    }

    private static string HistoryField(int shard) => $"r{shard.ToString(CultureInfo.InvariantCulture)}";

    private static long Number(byte[] digits) => long.Parse(Encoding.UTF8.GetString(digits), CultureInfo.InvariantCulture);
}

/// <summary>A run, and the shards whose history may have changed with it: that of the others went on, and what was reached in them in the run before stays reached.</summary>
internal sealed record RedisRun(Guid Id, long[] Started, DateTimeOffset At, bool[] Broken)
{
    public static RedisRun Of(RunRow row) => new(row.Id, row.Started, row.At, [.. row.Started.Select(_ => true)]);

    public RunRow ToRow() => new(Id, Started, At);

    public byte[] Encode()
    {
        var writer = new PackedWriter().Id(Id).Long(At.UtcTicks).Integer(Started.Length);
        foreach (var position in Started)
        {
            writer.Long(position);
        }
        foreach (var isBroken in Broken)
        {
            writer.Byte(isBroken ? 1 : 0);
        }
        return writer.ToArray();
    }

    public static RedisRun Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new PackedReader(bytes);
        var (id, at) = (reader.Id(), RedisRows.Time(reader.Long()));
        var started = new long[reader.Integer()];
        for (var i = 0; i < started.Length; i++)
        {
            started[i] = reader.Long();
        }
        var broken = new bool[started.Length];
        for (var i = 0; i < broken.Length; i++)
        {
            broken[i] = reader.Byte() == 1;
        }
        return new RedisRun(id, started, at, broken);
    }
}
