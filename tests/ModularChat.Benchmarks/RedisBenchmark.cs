using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Redis;
using ModularChat.Shared.Servers;
using ModularChat.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.Benchmarks;

/// <summary>
/// The log in Redis beside the same rows and indexes written and read in the shortest code:
/// <c>dotnet run -c Release --project tests/ModularChat.Benchmarks -- log --engine redis [entries of the long conversation] [seconds a cell]</c>.
/// </summary>
internal sealed class RedisBenchmark(RedisServer server, RawRedis raw, IMessageLog log, double seconds)
{
    public const int Conversations = 2_000;
    public static readonly JsonBody Body = new(new byte[] { (byte)'"' }.Concat(Enumerable.Repeat((byte)'x', 198)).Append((byte)'"').ToArray());
    private static readonly CancellationToken Token = CancellationToken.None;
    private readonly Guid[] _conversations = [.. OfShard(0).Take(Conversations)];
    private readonly Guid[] _spread = [.. Enumerable.Range(0, Conversations).Select(_ => Ids.New())];
    private readonly Guid[] _users = [.. Enumerable.Range(0, Conversations * 2).Select(_ => Ids.New())];

    public static async Task<int> RunAsync(string[] args)
    {
        double[] numbers = [.. args.Where(a => char.IsDigit(a[0])).Select(a => double.Parse(a, CultureInfo.InvariantCulture))];
        await using var server = await RedisServer.StartAsync(Token);
        var options = new MessageLogOptions { MaxPending = 100_000 };
        var engine = new RedisLogEngine(
            Options.Create(new StorageOptions { Messages = options }), Options.Create(new MessagingOptions()), TimeProvider.System, NullLogger<RedisMessageLog>.Instance);
        await using var log = await engine.OpenAsync(server.Address, new LogOpening(null, null), new Nobody(), Token);
        var settings = RedisSettings.Parse(server.Address);
        await using var connection = await RedisConnection.ConnectAsync(settings.Servers[0], settings, TimeProvider.System, Token);
        await new RedisBenchmark(server, new RawRedis(connection), log, numbers.ElementAtOrDefault(1) is > 0 and var given ? given : 3).RunAsync(numbers.Length > 0 ? (int)numbers[0] : 1_000_000);
        return 0;
    }

    private async Task RunAsync(int entries)
    {
        await CreateAsync(_conversations);
        await CreateAsync(_spread);
        foreach (var batch in new[] { 1, 10, 100, 1000 })
        {
            for (var round = 0; round < 2; round++)
            {
                var plain = await RateAsync(batch, async n => await raw.AppendAsync([.. Enumerable.Range(0, batch).Select(i => Message(Random.Shared.Next(Conversations), n + i, _conversations))]));
                var one = await InFlightAsync(batch, _conversations);
                var all = await InFlightAsync(batch, _spread);
                Console.WriteLine($"append, {batch,5} at once   raw {plain}   log, one shard {one}   {one.Rate / plain.Rate,5:N2}, by CPU {plain.Cpu / one.Cpu,5:N2}   all shards {all}");
            }
        }
        foreach (var size in new[] { 60, 200 })
        {
            var before = await MemoryAsync();
            await FillAsync(_conversations[size % 7], entries / 2, size);
            Console.WriteLine($"memory of Redis for a message of {size} bytes in a long conversation: {(await MemoryAsync() - before) / (entries / 2)} bytes");
        }
        var spread = await MemoryAsync();
        for (var i = 0; i < 20; i++)
        {
            await Task.WhenAll(_spread.Select((_, c) => AppendAsync(c, i, _spread)));
        }
        Console.WriteLine($"memory of Redis for a message of 200 bytes in {Conversations} short conversations: {(await MemoryAsync() - spread) / (Conversations * 20)} bytes");
        await FillAsync(_conversations[0], entries, 200);
        await raw.FillAsync(entries);
        for (var round = 0; round < 3; round++)
        {
            var plain = await RateAsync(1, async _ => Check((await raw.PageAsync()).Items.Length));
            var page = await RateAsync(1, async _ => Check((await log.ReadAsync(_conversations[0], 1, long.MaxValue, 50, newest: true, Token)).Count));
            var anywhere = await RateAsync(1, async _ => Check((await log.ReadAsync(_conversations[0], 1, Random.Shared.Next(50, entries), 50, newest: true, Token)).Count));
            Console.WriteLine($"page of 50 newest of {entries:N0}   raw {plain}   log {page}   {plain.Rate / page.Rate:N2} of raw's time, {page.Cpu / plain.Cpu:N2} by CPU   anywhere {anywhere}");
        }
        Console.WriteLine($"this process: {Environment.WorkingSet >> 20} MB; Redis: {await MemoryAsync() >> 20} MB");
    }

    private async Task FillAsync(Guid conversation, int entries, int size)
    {
        var body = new JsonBody(new byte[] { (byte)'"' }.Concat(Enumerable.Repeat((byte)'x', size - 2)).Append((byte)'"').ToArray());
        var place = Array.IndexOf(_conversations, conversation);
        for (var done = 0; done < entries; done += 5_000)
        {
            await Task.WhenAll(Enumerable.Range(0, Math.Min(5_000, entries - done)).Select(n => log.AppendAsync(Message(place, n, _conversations) with { Body = body }, Token).AsTask()));
        }
    }

    private async Task<long> MemoryAsync()
    {
        var info = RedisInfo.Parse(await server.RunAsync(Token, "INFO", "memory"));
        return long.Parse(info["used_memory"], CultureInfo.InvariantCulture);
    }

    private async Task AppendAsync(int i, int n, Guid[] conversations)
    {
        if ((await log.AppendAsync(Message(i, n, conversations), Token)).Outcome != AppendOutcome.Stored)
        {
            throw new InvalidOperationException("An append was not stored.");
        }
    }

    private Task<Cost> InFlightAsync(int inFlight, Guid[] conversations) => CostAsync(async clock =>
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                await AppendAsync(Random.Shared.Next(Conversations), count++, conversations);
            }
            return count;
        })));
        return counts.Sum();
    });

    private Task<Cost> RateAsync(int batch, Func<int, Task> action) => CostAsync(async clock =>
    {
        var count = 0;
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            await action(count);
            count += batch;
        }
        return count;
    });

    /// <summary>How many a second, and the CPU of one here and in Redis: the machine may have other work.</summary>
    private async Task<Cost> CostAsync(Func<Stopwatch, Task<int>> action)
    {
        using var process = Process.GetCurrentProcess();
        var (own, its) = (process.TotalProcessorTime, await CpuAsync());
        var clock = Stopwatch.StartNew();
        var count = await action(clock);
        process.Refresh();
        return new Cost(count / clock.Elapsed.TotalSeconds, (process.TotalProcessorTime - own).TotalMicroseconds / count, (await CpuAsync() - its) * 1e6 / count);
    }

    private async Task<double> CpuAsync()
    {
        var info = RedisInfo.Parse(await server.RunAsync(Token, "INFO", "cpu"));
        return double.Parse(info["used_cpu_user"], CultureInfo.InvariantCulture) + double.Parse(info["used_cpu_sys"], CultureInfo.InvariantCulture);
    }

    private Append Message(int i, int n, Guid[] conversations) => new()
    {
        ConversationId = conversations[i],
        SenderId = _users[(i * 2) + (n % 2)],
        ClientMessageId = Ids.New(),
        RequestHash = new byte[16],
        Kind = EntryKind.Message,
        At = TimeProvider.System.GetUtcNow(),
        Body = Body,
        MembersSeq = 1,
    };

    private async Task CreateAsync(Guid[] conversations) => await Task.WhenAll(conversations.Select((c, i) => log.AppendAsync(
        Message(i, 0, conversations) with
        {
            Kind = EntryKind.Created,
            MembersSeq = 0,
            Body = null,
            Change = new Change.Create(ConversationKind.Direct, null, HistoryVisibility.All, [(_users[i * 2], MemberRole.Member), (_users[(i * 2) + 1], MemberRole.Member)]),
        },
        Token).AsTask()));

    private static IEnumerable<Guid> OfShard(int shard)
    {
        while (true)
        {
            var id = Ids.New();
            if (Ids.Shard(id, 16) == shard)
            {
                yield return id;
            }
        }
    }

    private static void Check(int rows)
    {
        if (rows != 50)
        {
            throw new InvalidOperationException("A page is not full.");
        }
    }

    private sealed record Cost(double Rate, double Own, double Redis)
    {
        public double Cpu => Own + Redis;

        public override string ToString() => $"{Rate,7:N0}/s {Own,4:N0}+{Redis,3:N0} us CPU";
    }

    private sealed class Nobody : ICommitListener
    {
        public void Committed(Commit commit)
        {
        }

        public void Reopened(long[] positions)
        {
        }
    }
}

/// <summary>The same rows and indexes as the log's, without a rule, an answer or another writer.</summary>
internal sealed class RawRedis(IRedisConnection connection)
{
    private const string Script =
        """
        local p = tonumber(redis.call('HGET', KEYS[1], 'p'))
        for i = 1, #ARGV, 3 do
          local id, field, row = ARGV[i], ARGV[i + 1], ARGV[i + 2]
          p = p + 1
          local c = KEYS[1] .. ':c:' .. id
          local seq = redis.call('RPUSH', KEYS[1] .. ':e:' .. id, struct.pack('<BBI6I6', 1, 0, p, p) .. row)
          redis.call('HSET', KEYS[1] .. ':q:' .. id, field, seq)
          redis.call('XADD', KEYS[1] .. ':f', p .. '-0', 'e', id .. struct.pack('<I6', seq))
          redis.call('HSET', c, 'h', struct.pack('<BBI6I6I6I6I6I6I4I6', 0, 0, seq, p, seq, 1, 1, p, 2, 0), 'm' .. string.sub(row, 1, 16), struct.pack('<BI6I6I6I6I6B', 2, seq, seq, seq, p, 1, 0) .. struct.pack('<I6I6I6I6', 1, 0, 0, 0))
          redis.call('ZADD', KEYS[1] .. ':x', p, id)
        end
        redis.call('HSET', KEYS[1], 'p', p)
        return p
        """;

    private string? _hash;

    public async Task AppendAsync(Append[] appends)
    {
        if (_hash is null)
        {
            await connection.SendAsync(new RespCommand("HSET", "{raw}", "p", "0"), CancellationToken.None);
            _hash = (await connection.SendAsync(new RespCommand("SCRIPT", "LOAD").Add(Script), CancellationToken.None)).Text;
        }
        var command = new RespCommand("EVALSHA", _hash, "1", "{raw}");
        foreach (var append in appends)
        {
            byte[] row = [.. Bytes(append.SenderId), .. BitConverter.GetBytes(append.At.UtcTicks), .. Bytes(append.ClientMessageId), .. append.RequestHash, .. BitConverter.GetBytes(0L), .. append.Body!.Utf8.Span];
            command.Add(Bytes(append.ConversationId)).Add(Bytes(append.ClientMessageId).AsSpan(4)).Add(row);
        }
        await connection.SendAsync(command, CancellationToken.None);
    }

    public async Task FillAsync(int entries)
    {
        var row = new byte[278];
        for (var done = 0; done < entries; done += 1000)
        {
            var command = new RespCommand("RPUSH", "{raw}:long");
            for (var i = 0; i < 1000; i++)
            {
                command.Add(row);
            }
            await connection.SendAsync(command, CancellationToken.None);
        }
    }

    public Task<RespValue> PageAsync() => connection.SendAsync(new RespCommand("LRANGE", "{raw}:long", "-50", "-1"), CancellationToken.None);

    private static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);
}
