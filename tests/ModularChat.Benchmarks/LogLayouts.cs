using System.Diagnostics;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Benchmarks;

/// <summary>
/// Writes the same messages into tables laid out in different ways (docs/decisions/0003-message-log-layout.md):
/// <c>dotnet run -c Release --project tests/ModularChat.Benchmarks -- log-layout [rows before] [seconds a cell]</c>.
/// Each message is an entry, its request id and its sender's read mark; every batch is one synced transaction.
/// </summary>
internal static class LogLayouts
{
    private const int Conversations = 20_000;
    private static readonly int[] Batches = [1, 10, 100, 1000];

    public static int Run(string[] args)
    {
        var before = args.Length > 0 ? int.Parse(args[0], provider: null) : 300_000;
        var seconds = args.Length > 1 ? double.Parse(args[1], provider: null) : 3;
        Console.WriteLine($"{"layout",-34}{string.Concat(Batches.Select(b => $"{b,20}"))}{"page of 50",14}{"feed row",12}");
        foreach (var (name, make) in new (string, Func<SqliteDatabase, Layout>)[]
        {
            ("clustered", d => new ClusteredLayout(d)),
            ("log + index, 16 shards", d => new LogLayout(d, 16, foldEvery: 1)),
            ("log, folded every 5,000, 16 shards", d => new LogLayout(d, 16, foldEvery: 5_000)),
            ("log, folded every 20,000, 16 shards", d => new LogLayout(d, 16, foldEvery: 20_000)),
            ("log, folded every 20,000, 1 shard", d => new LogLayout(d, 1, foldEvery: 20_000)),
        })
        {
            var folder = Directory.CreateTempSubdirectory("modularchat-layout-");
            try
            {
                using var database = SqliteDatabase.Open(Path.Combine(folder.FullName, "log.db"), 1000);
                using var layout = make(database);
                Measure(name, layout, before, seconds);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
        return 0;
    }

    private static void Measure(string name, Layout layout, int before, double seconds)
    {
        var random = new Random(7);
        // One busy conversation for pages, the rest spread evenly.
        layout.Write(1000, before, () => random.Next(4) == 0 ? 0 : random.Next(Conversations));
        Console.Write($"{name,-34}");
        foreach (var batch in Batches)
        {
            var (rate, cpu) = Time(seconds, () => layout.Write(batch, batch, () => random.Next(Conversations)));
            Console.Write($"{rate * batch,12:N0}/s {cpu / batch,4:N0}us");
        }
        var (_, page) = Time(seconds / 3, layout.ReadPage);
        var (_, feed) = Time(seconds / 3, layout.ReadFeed);
        Console.WriteLine($"{page,12:N0}us{feed / 1000,10:N2}us");
    }

    private static (double Rate, double CpuMicroseconds) Time(double seconds, Action action)
    {
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        var count = 0;
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            action();
            count++;
        }
        process.Refresh();
        return (count / clock.Elapsed.TotalSeconds, (process.TotalProcessorTime - cpu).TotalMicroseconds / count);
    }
}
