using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ModularChat.Client;
using Spectre.Console;

namespace ModularChat.Cli.Replay;

/// <summary><c>chat replay</c>.</summary>
internal static class ReplayCommand
{
    public static Command Make()
    {
        var path = new Argument<string>("path") { Description = "A log, or a folder of logs." };
        var url = Options.Url();
        var key = Options.Key();
        var keyFile = Options.KeyFile();
        var faults = new Option<bool>("--faults") { Description = "Drop connections at random." };
        var rate = new Option<int>("--fault-rate") { Description = "Connections dropped a second with --faults.", DefaultValueFactory = _ => 100 };
        var seed = new Option<int?>("--seed") { Description = "Repeats the drops of another run." };
        var limit = new Option<int?>("--limit-files") { Description = "Only so many of the files, in order of their names." };
        var pid = new Option<int?>("--pid") { Description = "The server's process on this machine: tells its CPU time and memory." };
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON." };
        var command = new Command("replay", "Carries real logs through a server over real connections and checks every device.")
        {
            path, url, key, keyFile, faults, rate, seed, limit, pid, json,
        };
        command.SetAction(async (parsed, token) =>
        {
            if (Options.ReadKey(parsed.GetValue(key), parsed.GetValue(keyFile)) is not { } secret)
            {
                await Console.Error.WriteLineAsync($"There is no key: give --key, or --key-file with a file that exists ({parsed.GetValue(keyFile)} does not).");
                return 2;
            }
            var options = new ReplayOptions
            {
                Path = parsed.GetValue(path)!,
                Url = parsed.GetValue(url)!,
                Key = secret,
                Faults = parsed.GetValue(faults),
                FaultsPerSecond = parsed.GetValue(rate),
                Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
                LimitFiles = parsed.GetValue(limit) ?? int.MaxValue,
                ServerPid = parsed.GetValue(pid),
            };
            try
            {
                return await RunAsync(options, parsed.GetValue(json), token);
            }
            catch (Exception e) when (e is InvalidOperationException or IOException or HttpRequestException or ChatProblemException)
            {
                await Console.Error.WriteLineAsync(e.Message.AsMemory(), token);
                return 1;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(ReplayOptions options, bool json, CancellationToken token)
    {
        if (options.Faults)
        {
            await Console.Error.WriteLineAsync($"dropping {options.FaultsPerSecond} connections a second, --seed {options.Seed}");
        }
        var progress = new ReplayProgress();
        ReplayResult result;
        await using (var run = new ReplayRun(options, progress, TimeProvider.System))
        {
            using var shown = CancellationTokenSource.CreateLinkedTokenSource(token);
            var show = ShowAsync(progress, shown.Token);
            try
            {
                result = await run.RunAsync(token);
            }
            finally
            {
                await shown.CancelAsync();
                await show;
            }
        }
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(result, CliJson.Default.ReplayResult));
        }
        await (json ? Console.Error : Console.Out).WriteLineAsync(result.ToString());
        await (json ? Console.Error : Console.Out).WriteLineAsync(Figures(result));
        return result.IsClean ? 0 : 1;
    }

    private static string Figures(ReplayResult result)
    {
        var text = string.Create(CultureInfo.InvariantCulture,
            $"sent and delivered in {result.SendSeconds:F1} s, {result.DeliveriesPerSecond:F0} deliveries/s; {result.SecondDevices - result.SecondDevicesDifferent}/{result.SecondDevices} second devices came to the same state; all in {result.TotalSeconds:F1} s");
        if (result.ServerCpuSeconds is { } cpu)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; server CPU {cpu:F1} s ({cpu / Math.Max(1, result.Expected) * 1e6:F1} us a delivery), peak {result.ServerPeakMegabytes:F0} MB");
        }
        if (result.Drops > 0)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; {result.Drops} connections dropped, seed {result.Seed}");
        }
        if (result.Different + result.Unconfirmed > 0)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; {result.Different} with other content than was confirmed, {result.Unconfirmed} never confirmed");
        }
        return text;
    }

    private static async Task ShowAsync(ReplayProgress progress, CancellationToken token)
    {
        if (AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
        {
            await AnsiConsole.Progress().AutoClear(true).StartAsync(async context =>
            {
                var bars = new Dictionary<string, ProgressTask>(StringComparer.Ordinal);
                await EachAsync(TimeSpan.FromSeconds(0.2), () =>
                {
                    if (!bars.TryGetValue(progress.Stage, out var bar))
                    {
                        foreach (var over in bars.Values)
                        {
                            over.Value = over.MaxValue;
                        }
                        bars.Add(progress.Stage, bar = context.AddTask(progress.Stage));
                    }
                    bar.MaxValue = Math.Max(1, progress.Total);
                    bar.Value = progress.Done;
                }, token);
            });
            return;
        }
        var (stage, at) = ("", 0);
        await EachAsync(TimeSpan.FromSeconds(1), () =>
        {
            if (progress.Stage != stage || ++at % 10 == 0)
            {
                stage = progress.Stage;
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stage}: {progress.Done}/{progress.Total}"));
            }
        }, token);
    }

    private static async Task EachAsync(TimeSpan period, Action show, CancellationToken token)
    {
        using var timer = new PeriodicTimer(period, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(token))
            {
                show();
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }
}
