using System.Globalization;
using System.Text.RegularExpressions;
using ModularChat.Shared.Servers;

namespace ModularChat.Benchmarks.Cluster;

/// <summary>What nodes asked the engines for while something was measured: statements by their kind, and what went over the backplane.</summary>
internal sealed class EngineCounts(PostgresServer postgres, RedisServer backplane)
{
    private const int Most = 8;

    private (double Frames, double Bytes, double Copies) _before;

    public async Task BeginAsync()
    {
        await postgres.RunSqlAsync("postgres", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()", CancellationToken.None);
        _before = await BackplaneAsync();
    }

    /// <summary>By message.</summary>
    public async Task<string> EndAsync(int messages)
    {
        var after = await BackplaneAsync();
        var rows = await postgres.RunSqlAsync(
            "postgres",
            $"""
            SELECT sum(calls), sum(total_exec_time) * 1000, regexp_replace(left(query, 300), '\s+', ' ', 'g') FROM pg_stat_statements
            WHERE query !~ 'pg_stat_statements' GROUP BY 3 ORDER BY 2 DESC LIMIT {Most}
            """,
            CancellationToken.None);
        string Each(double count, string format = "F3") => (count / messages).ToString(format, CultureInfo.InvariantCulture);
        var lines = rows.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split('|', 3)).Where(r => r.Length == 3)
            .Select(r => $"    {Each(double.Parse(r[0], CultureInfo.InvariantCulture))} calls, {Each(double.Parse(r[1], CultureInfo.InvariantCulture), "F1")} us: {r[2][..Math.Min(110, r[2].Length)]}");
        return $"""
              a message: {Each(after.Frames - _before.Frames)} frames on the backplane, {Each(after.Bytes - _before.Bytes, "F0")} bytes into Redis and {Each(after.Copies - _before.Copies, "F0")} out of it; PostgreSQL:
            {string.Join('\n', lines)}
            """;
    }

    private async Task<(double Frames, double Bytes, double Copies)> BackplaneAsync()
    {
        var info = await backplane.RunAsync(CancellationToken.None, "INFO", "everything");
        double Find(string name) => Value(name).Match(info) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        static Regex Value(string name) => new(name + @"(\d+)", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        return (Find("cmdstat_publish:calls="), Find("total_net_input_bytes:"), Find("total_net_output_bytes:"));
    }
}
