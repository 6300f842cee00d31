using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.RocksDb;
using ModularChat.Messaging.Storage.Sqlite;
using ModularChat.Storage;

namespace ModularChat.Benchmarks;

/// <summary>
/// The log itself, as Messaging calls it:
/// <c>dotnet run -c Release --project tests/ModularChat.Benchmarks -- log [entries of the long conversation] [seconds a line] [--engine rocksdb]</c>.
/// </summary>
internal sealed class LogBenchmark(IMessageLog log, double seconds)
{
    private const int Conversations = 20_000;
    private static readonly JsonBody Body = new(new byte[] { (byte)'"' }.Concat(Enumerable.Repeat((byte)'x', 198)).Append((byte)'"').ToArray());
    private readonly Guid[] _users = [.. Enumerable.Range(0, Conversations * 2).Select(_ => Ids.New())];
    private readonly Guid[] _conversations = [.. Enumerable.Range(0, Conversations).Select(_ => Ids.New())];

    public static async Task<int> RunAsync(string[] args)
    {
        var engine = Array.IndexOf(args, "--engine") is >= 0 and var at ? args[at + 1] : "sqlite";
        var numbers = args.Where(a => char.IsDigit(a[0])).ToArray();
        var entries = numbers.Length > 0 ? int.Parse(numbers[0], provider: null) : 1_000_000;
        var seconds = numbers.Length > 1 ? double.Parse(numbers[1], provider: null) : 4;
        var folder = Directory.CreateTempSubdirectory("modularchat-bench-");
        try
        {
            using var data = DataFolder.Open(folder.FullName);
            if (engine == "rocksdb")
            {
                RawRocks.Run(folder.FullName, entries, seconds);
            }
            var (options, token) = (new MessageLogOptions { MaxPending = 100_000 }, CancellationToken.None);
            await using IMessageLog log = engine == "rocksdb"
                ? await RocksMessageLog.OpenAsync(data, "messages.rocksdb", new LogOpening(null, Ids.New()), options, 100, new Nobody(), TimeProvider.System, NullLogger.Instance, token)
                : await SqliteMessageLog.OpenAsync(data, "messages.db", new LogOpening(null, Ids.New()), options, 100, new Nobody(), TimeProvider.System, NullLogger.Instance, token);
            await new LogBenchmark(log, seconds).RunAsync(entries);
            Console.WriteLine($"resident {Environment.WorkingSet >> 20} MB, on disk {folder.EnumerateFiles("*", SearchOption.AllDirectories).Where(f => !f.FullName.Contains("raw.rocksdb", StringComparison.Ordinal)).Sum(f => f.Length) >> 20} MB");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return 0;
    }

    private async Task RunAsync(int entries)
    {
        await Task.WhenAll(_conversations.Select((c, i) => log.AppendAsync(Create(c, _users[i * 2], _users[(i * 2) + 1]), CancellationToken.None).AsTask()));
        foreach (var inFlight in new[] { 1, 10, 100, 1000 })
        {
            await MeasureAsync($"append, {inFlight} in flight", inFlight, n => AppendAsync(Random.Shared.Next(Conversations), n));
        }
        await MeasureAsync("marks or preferences, 100 in flight", 100, async n =>
        {
            var i = Random.Shared.Next(Conversations);
            await log.AdvanceMarksAsync([new MarkAdvance(_conversations[i], _users[(i * 2) + 1], null, null, new Preferences(TimeProvider.System.GetUtcNow(), n % 2 == 0, false))], CancellationToken.None);
        });
        for (var done = 0; done < entries; done += 5000)
        {
            await Task.WhenAll(Enumerable.Range(0, Math.Min(5000, entries - done)).Select(n => AppendAsync(0, n)));
        }
        var head = (await log.GetHeadsAsync([_conversations[0]], CancellationToken.None))[0].Seq;
        await MeasureAsync($"page of 50 newest of {head:N0}", 1, async _ => await log.ReadAsync(_conversations[0], 1, long.MaxValue, 50, newest: true, CancellationToken.None));
        await MeasureAsync($"page of 50 anywhere in {head:N0}", 1, async _ =>
            await log.ReadAsync(_conversations[0], 1, Random.Shared.NextInt64(head), 50, newest: true, CancellationToken.None));
        await MeasureAsync("page of 50 of any conversation", 1, async _ =>
            await log.ReadAsync(_conversations[Random.Shared.Next(Conversations)], 1, long.MaxValue, 50, newest: true, CancellationToken.None));
        await MeasureAsync("feed, 1,000 rows", 1, async _ => await log.ReadFeedAsync(3, Random.Shared.Next(1000), 1000, CancellationToken.None));
        await MeasureAsync("head", 1, async _ => await log.GetHeadsAsync([_conversations[Random.Shared.Next(Conversations)]], CancellationToken.None));
        await MeasureAsync("membership of two", 1, async _ => await log.GetMembershipAsync(_conversations[Random.Shared.Next(Conversations)], CancellationToken.None));
    }

    private async Task MeasureAsync(string name, int inFlight, Func<int, Task> action)
    {
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        var times = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            var mine = new List<double>();
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                var start = clock.Elapsed;
                await action(mine.Count);
                mine.Add((clock.Elapsed - start).TotalMilliseconds);
            }
            return mine;
        })));
        process.Refresh();
        var all = times.SelectMany(t => t).Order().ToArray();
        Console.WriteLine(
            $"{name,-36}{all.Length / clock.Elapsed.TotalSeconds,10:N0}/s {(process.TotalProcessorTime - cpu).TotalMicroseconds / all.Length,6:N0} us CPU   p50 {all[all.Length / 2],7:N2} ms   p99 {all[all.Length * 99 / 100],7:N2} ms");
    }

    private async Task AppendAsync(int i, int n)
    {
        var result = await log.AppendAsync(
            new Append
            {
                ConversationId = _conversations[i],
                SenderId = _users[(i * 2) + (n % 2)],
                ClientMessageId = Ids.New(),
                RequestHash = new byte[16],
                Kind = EntryKind.Message,
                At = TimeProvider.System.GetUtcNow(),
                Body = Body,
                MembersSeq = 1,
            },
            CancellationToken.None);
        if (result.Outcome != AppendOutcome.Stored)
        {
            throw new InvalidOperationException($"An append was answered {result.Outcome}.");
        }
    }

    private static Append Create(Guid conversation, Guid one, Guid other) => new()
    {
        ConversationId = conversation,
        SenderId = one,
        ClientMessageId = Ids.New(),
        RequestHash = new byte[16],
        Kind = EntryKind.Created,
        At = TimeProvider.System.GetUtcNow(),
        MembersSeq = 0,
        Change = new Change.Create(ConversationKind.Direct, null, HistoryVisibility.All, [(one, MemberRole.Member), (other, MemberRole.Member)]),
    };

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
