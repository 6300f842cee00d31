using System.Diagnostics;
using System.Globalization;

namespace ModularChat.Benchmarks;

/// <summary>
/// Has two sides take short turns, so that what else the machine does hits both alike: compared are neighbours, and the median of those counts.
/// CPU is that of this process and of the servers.
/// </summary>
internal sealed class Turns(int rounds, double seconds, Func<IEnumerable<int>> servers)
{
    /// <summary>Seconds after which what is often called has been compiled for the last time.</summary>
    private const double Warm = 4;

    public delegate Task<int> Side(Func<bool> goesOn);

    public static async Task WarmAsync(params Side[] sides)
    {
        foreach (var side in sides)
        {
            var clock = Stopwatch.StartNew();
            await side(() => clock.Elapsed.TotalSeconds < Warm);
        }
    }

    public async Task CompareAsync(string name, Side raw, Side log)
    {
        var (plain, made) = (new List<Cost>(), new List<Cost>());
        for (var round = 0; round <= rounds; round++)
        {
            var (one, other) = (await MeasureAsync(raw), await MeasureAsync(log));
            // The first is for what is compiled, prepared and cached.
            if (round > 0)
            {
                plain.Add(one);
                made.Add(other);
            }
        }
        var byRate = Spread(plain.Zip(made, (p, m) => m.Rate / p.Rate));
        var byCpu = Spread(plain.Zip(made, (p, m) => p.Cpu / m.Cpu));
        Console.WriteLine($"{name,-28} raw {Text(plain)}   log {Text(made)}   of raw: {byRate} by rate, {byCpu} by CPU");
    }

    public async Task<Cost> AloneAsync(string name, Side log)
    {
        var made = new List<Cost>();
        for (var round = 0; round <= rounds; round++)
        {
            var cost = await MeasureAsync(log);
            if (round > 0)
            {
                made.Add(cost);
            }
        }
        Console.WriteLine($"{name,-28} log {Text(made)}");
        return new Cost(Median(made.Select(c => c.Rate)), Median(made.Select(c => c.Own)), Median(made.Select(c => c.Servers)));
    }

    /// <summary>Waits until this process and the servers do next to nothing, half a minute at most.</summary>
    public async Task SettleAsync()
    {
        for (var second = 0; second < 30; second++)
        {
            var before = Environment.CpuUsage.TotalTime + ServerTime();
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            if (Environment.CpuUsage.TotalTime + ServerTime() - before < TimeSpan.FromMilliseconds(20))
            {
                return;
            }
        }
    }

    private async Task<Cost> MeasureAsync(Side side)
    {
        var (own, its) = (Environment.CpuUsage.TotalTime, ServerTime());
        var clock = Stopwatch.StartNew();
        var count = await side(() => clock.Elapsed.TotalSeconds < seconds);
        var elapsed = clock.Elapsed.TotalSeconds;
        return new Cost(count / elapsed, (Environment.CpuUsage.TotalTime - own).TotalMicroseconds / count, (ServerTime() - its).TotalMicroseconds / count);
    }

    private TimeSpan ServerTime() => TimeSpan.FromMicroseconds(servers().Sum(pid => Directory.GetDirectories(Path("task", pid)).Sum(Nanoseconds)) / 1e3);

    // "ns on a CPU, ns waiting, turns"; one that has ended meanwhile counts for nothing.
    private static double Nanoseconds(string task)
    {
        try
        {
            return double.Parse(File.ReadAllText($"{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static string Path(string file, int pid) => $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/{file}";

    private static string Spread(IEnumerable<double> values)
    {
        double[] all = [.. values.Order()];
        return $"{Median(all):N2} ({all[all.Length / 4]:N2}-{all[all.Length * 3 / 4]:N2})";
    }

    private static string Text(List<Cost> costs) =>
        $"{Median(costs.Select(c => c.Rate)),7:N0}/s {Median(costs.Select(c => c.Own)),5:N1}+{Median(costs.Select(c => c.Servers)),5:N1} us CPU";

    private static double Median(IEnumerable<double> values)
    {
        double[] all = [.. values.Order()];
        return all[all.Length / 2];
    }

    public sealed record Cost(double Rate, double Own, double Servers)
    {
        public double Cpu => Own + Servers;
    }
}
