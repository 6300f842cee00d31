using System.CommandLine;
using System.Globalization;

namespace ModularChat.Cli.Prove.Push;

/// <summary><c>chat prove push</c>.</summary>
internal static class ProvePushCommand
{
    private const string Program = "ModularChat.Host.dll";

    public static Command Make()
    {
        var seed = new Option<int?>("--seed") { Description = "Repeats the moments and moods of another run." };
        var kills = new Option<int>("--kills") { Description = "How often the server is killed, 1 to 1,000.", DefaultValueFactory = _ => 10 };
        var senders = new Option<int>("--senders") { Description = "People who write, 1 to 100.", DefaultValueFactory = _ => 4 };
        var receivers = new Option<int>("--receivers") { Description = "People who are pushed to, 1 to 50.", DefaultValueFactory = _ => 4 };
        var host = new Option<string?>("--host") { Description = "The chat server's program; without it the one beside this tool." };
        var keep = new Option<bool>("--keep") { Description = "Leaves the server's folder." };
        var command = new Command("push", "Starts a server and a push service on this machine, kills the server at random moments while people write, and counts what was pushed: nothing lost, nothing doubled but what no answer was noted of.")
        {
            seed, kills, senders, receivers, host, keep,
        };
        command.SetAction(async (parsed, token) =>
        {
            var program = parsed.GetValue(host) ?? Path.Combine(AppContext.BaseDirectory, Program);
            if (!File.Exists(program))
            {
                await Console.Error.WriteLineAsync($"There is no program {program}: name it with --host.".AsMemory(), token);
                return 2;
            }
            return await RunAsync(
                new PushProofOptions
                {
                    Host = program,
                    Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
                    Kills = Math.Clamp(parsed.GetValue(kills), 1, 1_000),
                    Senders = Math.Clamp(parsed.GetValue(senders), 1, 100),
                    Receivers = Math.Clamp(parsed.GetValue(receivers), 1, 50),
                    Keep = parsed.GetValue(keep),
                },
                Console.Out,
                token);
        });
        return command;
    }

    /// <summary>Runs it and prints the verdict; 0 when all is as it should be.</summary>
    internal static async Task<int> RunAsync(PushProofOptions options, TextWriter output, CancellationToken token)
    {
        try
        {
            using var run = new PushProofRun(options, output, TimeProvider.System);
            var (verdict, unsigned) = await run.RunAsync(token);
            await output.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{verdict.Due} due, {verdict.Sent} sent ({verdict.Collapsed} more stand for a later one): lost {verdict.Lost}, doubled {verdict.Doubled} by a kill, {verdict.Wrong} without a reason, {unsigned} not signed").AsMemory(),
                token);
            if (verdict is { Lost: 0, Wrong: 0 } && unsigned == 0)
            {
                return 0;
            }
            await output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"Again: chat prove push --seed {options.Seed} --kills {options.Kills} --senders {options.Senders} --receivers {options.Receivers}").AsMemory(), token);
            return 1;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or HttpRequestException or Client.ChatProblemException)
        {
            await output.WriteLineAsync($"The run could not be made: {e.Message}".AsMemory(), token);
            return 2;
        }
    }
}
