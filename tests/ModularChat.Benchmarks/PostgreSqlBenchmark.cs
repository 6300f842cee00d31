using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.PostgreSql;
using ModularChat.Shared.Servers;
using ModularChat.Storage;

namespace ModularChat.Benchmarks;

/// <summary>
/// The log in PostgreSQL beside the same rows and indexes written and read in the shortest code:
/// <c>dotnet run -c Release --project tests/ModularChat.Benchmarks -- log-postgresql [entries of the long conversation] [seconds a cell]</c>.
/// </summary>
internal sealed class PostgreSqlBenchmark(RawPostgreSql raw, PostgreSqlMessageLog log, LogServer server, double seconds)
{
    public const int Conversations = 5_000, Shards = 16;
    public static readonly JsonBody Body = new(new byte[] { (byte)'"' }.Concat(Enumerable.Repeat((byte)'x', 198)).Append((byte)'"').ToArray());
    private static readonly CancellationToken Token = CancellationToken.None;
    private readonly Guid[] _conversations = [.. OfShard(0).Take(Conversations)];
    private readonly Guid[] _spread = [.. Enumerable.Range(0, Conversations).Select(_ => Ids.New())];
    private readonly Guid[] _users = [.. Enumerable.Range(0, Conversations * 2).Select(_ => Ids.New())];

    public static async Task<int> RunAsync(string[] args)
    {
        var entries = args.Length > 0 ? int.Parse(args[0], provider: null) : 1_000_000;
        var seconds = args.Length > 1 ? double.Parse(args[1], provider: null) : 4;
        await using var postgres = await PostgresServer.StartAsync(Token, "shared_buffers=256MB", "max_wal_size=4GB");
        var connection = await postgres.CreateDatabaseAsync("log", Token);
        var options = new MessageLogOptions { MaxPending = 100_000, Shards = Shards };
        await using var log = await PostgreSqlMessageLog.OpenAsync(connection, new LogOpening(null, Ids.New()), options, 100, new Nobody(), TimeProvider.System, NullLogger.Instance, Token);
        await using var server = new LogServer(connection, Shards, 4);
        var other = await postgres.CreateDatabaseAsync("raw", Token);
        await (await PostgreSqlMessageLog.OpenAsync(other, new LogOpening(null, Ids.New()), options, 100, new Nobody(), TimeProvider.System, NullLogger.Instance, Token)).DisposeAsync();
        await using var way = new LogServer(other, Shards, 4);
        await using var raw = new RawPostgreSql(await way.OpenAsync(Token));
        await new PostgreSqlBenchmark(raw, log, server, seconds).RunAsync(entries);
        return 0;
    }

    private async Task RunAsync(int entries)
    {
        await CreateAsync(_conversations);
        await CreateAsync(_spread);
        await raw.CreateAsync(_conversations, _users);
        await using var connection = await server.OpenAsync(Token);
        var n = 0;
        foreach (var batch in new[] { 1, 10, 100, 1000 })
        {
            for (var round = 0; round < 2; round++)
            {
                var (plain, plainCpu) = await RateAsync(batch, raw.Server, () => raw.AppendAsync(Batch(batch, n += batch)));
                var (made, madeCpu) = await RateAsync(batch, connection.ProcessID, async () =>
                {
                    var call = new AppendCall(0, 100);
                    foreach (var append in Batch(batch, n += batch))
                    {
                        call.Add(append);
                    }
                    var answer = await call.SendAsync(connection, 0, Token);
                    if (answer.Results.Any(r => r.Result.Outcome != AppendOutcome.Stored))
                    {
                        throw new InvalidOperationException("An append was not stored.");
                    }
                    answer.ToCommit();
                });
                var one = await InFlightAsync(batch, _conversations);
                var all = await InFlightAsync(batch, _spread);
                Console.WriteLine($"append, batch {batch,5}   raw {plain,8:N0}/s {plainCpu,5:N0} us CPU   call {made,8:N0}/s {madeCpu,5:N0} us CPU   {made / plain,5:N2}, by CPU {plainCpu / madeCpu,5:N2}   in flight: one shard {one,9:N0}/s {one / plain,5:N2}   all shards {all,9:N0}/s");
            }
        }
        await FillAsync(entries);
        await PagesAsync(entries);
    }

    private async Task PagesAsync(int entries)
    {
        for (var round = 0; round < 3; round++)
        {
            var (plain, _) = await RateAsync(1, raw.Server, () => raw.PageAsync(_conversations[0]));
            var (page, _) = await RateAsync(1, raw.Server, async () => Check((await log.ReadAsync(_conversations[0], 1, long.MaxValue, 50, newest: true, Token)).Count));
            Console.WriteLine($"page of 50 newest of {entries:N0}   raw {1e6 / plain,6:N0} us   log {1e6 / page,6:N0} us   {plain / page:N2} of raw's time");
        }
    }

    private static void Check(int rows)
    {
        if (rows != 50)
        {
            throw new InvalidOperationException("A page is not full.");
        }
    }

    private async Task FillAsync(int entries)
    {
        for (var done = 0; done < entries; done += 2_000)
        {
            var many = Enumerable.Range(0, 2_000).Select(i => Message(0, i, _conversations)).ToArray();
            await Task.WhenAll(many.Select(m => log.AppendAsync(m, Token).AsTask()));
            await raw.AppendAsync(many);
        }
    }

    private async Task CreateAsync(Guid[] conversations) => await Task.WhenAll(conversations.Select((c, i) => log.AppendAsync(
        new Append
        {
            ConversationId = c,
            SenderId = _users[i * 2],
            ClientMessageId = Ids.New(),
            RequestHash = new byte[16],
            Kind = EntryKind.Created,
            At = TimeProvider.System.GetUtcNow(),
            MembersSeq = 0,
            Change = new Change.Create(
                ConversationKind.Direct, null, HistoryVisibility.All, [(_users[i * 2], MemberRole.Member), (_users[(i * 2) + 1], MemberRole.Member)]),
        },
        Token).AsTask()));

    private async Task<double> InFlightAsync(int inFlight, Guid[] conversations)
    {
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                await log.AppendAsync(Message(Random.Shared.Next(Conversations), count++, conversations), Token);
            }
            return count;
        })));
        return counts.Sum() / clock.Elapsed.TotalSeconds;
    }

    /// <summary>How many a second, and the CPU of one here and in the connection's server process: the machine may have other work.</summary>
    private async Task<(double Rate, double Cpu)> RateAsync(int batch, int serverProcess, Func<Task> action)
    {
        using var process = Process.GetCurrentProcess();
        using var backend = Process.GetProcessById(serverProcess);
        var cpu = process.TotalProcessorTime + backend.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        var count = 0L;
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            await action();
            count += batch;
        }
        process.Refresh();
        backend.Refresh();
        return (count / clock.Elapsed.TotalSeconds, (process.TotalProcessorTime + backend.TotalProcessorTime - cpu).TotalMicroseconds / count);
    }

    private Append[] Batch(int size, int n) => [.. Enumerable.Range(0, size).Select(i => Message(Random.Shared.Next(Conversations), n + i, _conversations))];

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

    private static IEnumerable<Guid> OfShard(int shard)
    {
        while (true)
        {
            if (Ids.New() is var id && Ids.Shard(id, Shards) == shard)
            {
                yield return id;
            }
        }
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
