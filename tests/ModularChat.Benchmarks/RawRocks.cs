using System.Buffers.Binary;
using System.Diagnostics;
using ModularChat.Contracts;
using ModularChat.Storage.RocksDb;

namespace ModularChat.Benchmarks;

/// <summary>The same rows and indexes as the log on RocksDB writes, in the shortest code: nothing is checked, remembered or told to anybody.</summary>
internal sealed class RawRocks(RocksDatabase database, double seconds)
{
    private const int Conversations = 20_000, Entry = 1, Feed = 2, Head = 3, Member = 4, Request = 6;
    private static readonly string[] Families = ["default", "entry", "feed", "head", "member", "user", "request", "reaction"];
    private readonly Guid[] _conversations = [.. Enumerable.Range(0, Conversations).Select(_ => Ids.New())];
    private readonly long[] _seqs = new long[Conversations];
    private readonly long[] _positions = new long[16];
    private readonly byte[] _value = new byte[400];
    private readonly byte[] _key = new byte[64];

    public static void Run(string folder, int entries, double seconds)
    {
        using var database = RocksDatabase.Open(Path.Combine(folder, "raw.rocksdb"), new RocksSettings(64 << 20, 64 << 20, 1024), Families);
        new RawRocks(database, seconds).Run(entries);
    }

    private void Run(int entries)
    {
        Random.Shared.NextBytes(_value);
        using var batch = new RocksBatch(database);
        foreach (var size in new[] { 1, 10, 100, 1000 })
        {
            Measure($"raw append, batches of {size}", size, () =>
            {
                for (var i = 0; i < size; i++)
                {
                    Put(batch, Random.Shared.Next(Conversations));
                }
                database.Write(batch);
                batch.Clear();
            });
        }
        while (_seqs[0] < entries)
        {
            for (var i = 0; i < 5000; i++)
            {
                Put(batch, 0);
            }
            database.Write(batch);
            batch.Clear();
        }
        Measure($"raw page of 50 newest of {_seqs[0]:N0}", 1, () => Page(0));
        Measure("raw page of 50 of any conversation", 1, () => Page(Random.Shared.Next(Conversations)));
    }

    private void Page(int conversation)
    {
        var from = Key(conversation, 0).ToArray();
        var to = Key(conversation, long.MaxValue);
        var page = new List<byte[]>();
        using var rows = new RocksIterator(database, Entry, from, to);
        for (var isThere = rows.Last(); isThere && page.Count < 50; isThere = rows.Previous())
        {
            page.Add(rows.Value.ToArray());
        }
        page.Reverse();
    }

    private void Put(RocksBatch batch, int conversation)
    {
        var shard = conversation % 16;
        var user = _conversations[^(conversation + 1)];
        var position = ++_positions[shard];
        var place = Key(conversation, ++_seqs[conversation]);
        batch.Put(Entry, place, _value.AsSpan(0, 291));
        batch.Put(Head, place[..18], _value.AsSpan(0, 67));
        Span<byte> key = stackalloc byte[50];
        place[..2].CopyTo(key);
        BinaryPrimitives.WriteInt64BigEndian(key[2..], position);
        batch.Put(Feed, key[..10], place[2..]);
        place[..18].CopyTo(key);
        user.TryWriteBytes(key[18..], bigEndian: true, out _);
        batch.Put(Member, key[..34], _value.AsSpan(0, 82));
        Ids.New().TryWriteBytes(key[2..], bigEndian: true, out _);
        place[2..18].CopyTo(key[18..]);
        user.TryWriteBytes(key[34..], bigEndian: true, out _);
        batch.Put(Request, key, _value.AsSpan(0, 40));
        key[0] = (byte)shard;
        batch.Put(0, key[..1], _value.AsSpan(0, 17));
    }

    private Span<byte> Key(int conversation, long seq)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_key, (ushort)(conversation % 16));
        _conversations[conversation].TryWriteBytes(_key.AsSpan(2), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(_key.AsSpan(18), seq);
        return _key.AsSpan(0, 26);
    }

    private void Measure(string name, int each, Action action)
    {
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        var times = new List<double>();
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            var start = clock.Elapsed;
            action();
            times.Add((clock.Elapsed - start).TotalMilliseconds);
        }
        process.Refresh();
        var done = (double)times.Count * each;
        times.Sort();
        Console.WriteLine(
            $"{name,-36}{done / clock.Elapsed.TotalSeconds,10:N0}/s {(process.TotalProcessorTime - cpu).TotalMicroseconds / done,6:N0} us CPU   p50 {times[times.Count / 2],7:N2} ms   p99 {times[times.Count * 99 / 100],7:N2} ms");
    }
}
