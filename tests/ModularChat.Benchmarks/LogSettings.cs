using System.Globalization;

namespace ModularChat.Benchmarks;

/// <summary>What is asked of the benchmark of the log.</summary>
/// <param name="Engine">Which one.</param>
/// <param name="Steps">Entries of the log at which it is measured; with one step beside raw, with several how it grows.</param>
/// <param name="Rounds">How often raw and log take turns.</param>
/// <param name="Seconds">How long a turn is.</param>
/// <param name="Batches">How many appends are under way at once.</param>
internal sealed record LogSettings(string Engine, int[] Steps, int Rounds, double Seconds, int[] Batches)
{
    public const string Usage = "log [--engine sqlite|rocksdb|postgresql|redis] [--entries 1000000[,10000000...]] [--rounds 9] [--seconds 0.4] [--batches 1,10,100,1000]";

    public static LogSettings Parse(string[] args)
    {
        return new LogSettings(
            Value("--engine", "sqlite"), Numbers("--entries", "1000000"), Numbers("--rounds", "9")[0],
            double.Parse(Value("--seconds", "0.4"), CultureInfo.InvariantCulture), Numbers("--batches", "1,10,100,1000"));

        string Value(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var at ? args[at + 1] : otherwise;

        int[] Numbers(string name, string otherwise) => [.. Value(name, otherwise).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
    }
}
