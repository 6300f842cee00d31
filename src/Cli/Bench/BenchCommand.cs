using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace ModularChat.Cli.Bench;

/// <summary><c>chat bench</c>.</summary>
internal static class BenchCommand
{
    public static Command Make()
    {
        var url = Options.Url();
        var key = Options.Key();
        var keyFile = Options.KeyFile();
        var pid = new Option<int?>("--pid") { Description = "The server's process on this machine: tells its CPU time a message." };
        var pairs = new Option<int>("--pairs") { Description = "Pairs of users, each with one message in flight; 0: none.", DefaultValueFactory = _ => 100 };
        var fanOut = new Option<int>("--fanout") { Description = "Members of a group in which eight speak; 0: none.", DefaultValueFactory = _ => 100 };
        var seconds = new Option<int>("--seconds") { Description = "How long each measurement lasts.", DefaultValueFactory = _ => 10 };
        var warmUp = new Option<int>("--warm-up") { Description = "Seconds before each measurement, in which the runtime compiles what is hot.", DefaultValueFactory = _ => 20 };
        var idle = new Option<int>("--idle") { Description = "Idle connections, in hundreds, to tell the memory of one; 0: none.", DefaultValueFactory = _ => 0 };
        var program = new Option<string?>("--program") { Description = "Measures only the start of this published server, on empty folders: time to ready, and memory when idle." };
        var presence = new Option<bool>("--presence") { Description = "Measures heartbeats, changes of presence and people who flap instead; needs --pid." };
        var calls = new Option<int>("--calls") { Description = "Measures so many calls between two at once instead; needs --pid.", DefaultValueFactory = _ => 0 };
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON." };
        var command = new Command("bench", "Measures a running server over WebSockets, beside a bare relay that checks nothing.") { url, key, keyFile, pid, pairs, fanOut, idle, seconds, warmUp, program, presence, calls, json };
        command.SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(program) is { } path)
            {
                return await StartAsync(path, token);
            }
            if (Options.ReadKey(parsed.GetValue(key), parsed.GetValue(keyFile)) is not { } secret)
            {
                await Console.Error.WriteLineAsync($"There is no key: give --key, or --key-file with a file that exists ({parsed.GetValue(keyFile)} does not).");
                return 2;
            }
            if (parsed.GetValue(presence))
            {
                if (parsed.GetValue(pid) is not { } process)
                {
                    await Console.Error.WriteLineAsync("--presence needs --pid.");
                    return 2;
                }
                await new BenchPresence(parsed.GetValue(url)!, secret, process, parsed.GetValue(seconds), parsed.GetValue(warmUp), TimeProvider.System).RunAsync(token);
                return 0;
            }
            if (parsed.GetValue(calls) is var many and > 0)
            {
                if (parsed.GetValue(pid) is not { } process)
                {
                    await Console.Error.WriteLineAsync("--calls needs --pid.");
                    return 2;
                }
                await new BenchCalls(parsed.GetValue(url)!, secret, process, parsed.GetValue(seconds), TimeProvider.System).RunAsync(many, token);
                return 0;
            }
            var run = new BenchRun(parsed.GetValue(url)!, secret, parsed.GetValue(pid), parsed.GetValue(seconds), parsed.GetValue(warmUp), TimeProvider.System);
            var figures = await run.RunAsync(parsed.GetValue(pairs), parsed.GetValue(fanOut), parsed.GetValue(idle), token);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(figures, CliJson.Default.ListBenchFigures));
            }
            else
            {
                Show(figures);
            }
            return 0;
        });
        return command;
    }

    /// <summary>Five starts; the first reads the program from disk and is told apart.</summary>
    private static async Task<int> StartAsync(string program, CancellationToken token)
    {
        if (!File.Exists(program))
        {
            await Console.Error.WriteLineAsync($"There is no program {program}.");
            return 2;
        }
        var start = new BenchStart(program, TimeProvider.System);
        var figures = new List<StartFigures>();
        for (var i = 0; i < 5; i++)
        {
            figures.Add(await start.MeasureAsync(TimeSpan.FromSeconds(3), token));
        }
        var warm = figures.Skip(1).OrderBy(f => f.ReadyMilliseconds).ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"start-up to ready on an empty folder: first {figures[0].ReadyMilliseconds:F0} ms, then {warm[0].ReadyMilliseconds:F0} to {warm[^1].ReadyMilliseconds:F0} ms ({warm.Min(f => f.CpuMilliseconds):F0} ms of CPU time); idle memory {figures.Max(f => f.IdleMegabytes):F0} MB"));
        return 0;
    }

    private static void Show(List<BenchFigures> figures)
    {
        var table = new Table().AddColumns("what", "server", "msg/s", "deliv/s", "p50 ms", "p99 ms", "us/msg", "us/deliv", "bytes/conn", "x relay");
        foreach (var row in figures)
        {
            var relay = figures.Find(other => other.Name == row.Name && other.Server == "relay");
            table.AddRow(
                row.Name, row.Server, Number(row.MessagesPerSecond), Number(row.DeliveriesPerSecond), Tenths(row.P50), Tenths(row.P99), Tenths(row.CpuPerMessage), Tenths(row.CpuPerDelivery),
                row.BytesPerConnection is { } bytes ? Number(bytes) : "",
                (row.CpuPerMessage / relay?.CpuPerMessage ?? row.BytesPerConnection / relay?.BytesPerConnection) is { } ratio ? ratio.ToString("F1", CultureInfo.InvariantCulture) + "x" : "");
        }
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine("us: server CPU, user and system, by the process's own accounting.");
    }

    private static string Number(double value) => value.ToString("F0", CultureInfo.InvariantCulture);

    private static string Tenths(double? value) => value?.ToString("F1", CultureInfo.InvariantCulture) ?? "";
}
