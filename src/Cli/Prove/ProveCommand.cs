using System.CommandLine;

namespace ModularChat.Cli.Prove;

/// <summary><c>chat prove cluster</c>.</summary>
internal static class ProveCommand
{
    public static Command Make() => new("prove", "Proves promises of a server by breaking what it stands on.") { Cluster(), Push.ProvePushCommand.Make() };

    private static Command Cluster()
    {
        var script = new Option<string?>("--script") { Description = "The script cluster of the repository; without it, it is looked for in this folder and those above." };
        var seed = new Option<int?>("--seed") { Description = "Repeats the order of another run." };
        var nodes = new Option<int>("--nodes") { Description = "Chat servers, 2 to 9.", DefaultValueFactory = _ => 3 };
        var roles = new Option<string?>("--roles") { Description = "What each node does, like \"api,discovery gateway,messaging presence\"; everything without it." };
        var registry = new Option<string>("--registry") { Description = "zookeeper or redis.", DefaultValueFactory = _ => "zookeeper" };
        var log = new Option<string>("--log") { Description = "postgresql or redis.", DefaultValueFactory = _ => "postgresql" };
        var host = new Option<string?>("--host") { Description = "The chat server's program; without it the newest build." };
        var clients = new Option<int?>("--clients") { Description = "People with a device each; 200, with --short 60." };
        var pause = new Option<double>("--pause") { Description = "Seconds between two messages of one of them.", DefaultValueFactory = _ => 2 };
        var seconds = new Option<double[]>("--seconds") { Description = "How long each fault lasts; several: each for each. 10 and 45, with --short 5.", AllowMultipleArgumentsPerToken = true };
        var brief = new Option<bool>("--short") { Description = "One fault of each kind: about two minutes." };
        var steps = new Option<int>("--steps") { Description = "At most so many faults.", DefaultValueFactory = _ => int.MaxValue };
        var only = new Option<string?>("--only") { Description = "Only faults whose name begins so, like kill:node-2 or cut:node-1:postgresql:drop." };
        var namespaces = new Option<bool>("--namespaces") { Description = "Each node in a network namespace of its own: whole nodes are cut off, from everybody and in one direction, in place of links. Needs root." };
        var keep = new Option<bool>("--keep") { Description = "Leaves the cluster's folder with its logs." };
        var presence = new Option<bool>("--skip-presence") { Description = "Does not look at presence." };
        var plant = new Option<bool>("--plant") { Description = "Makes one loss on purpose, which the run must find.", Hidden = true };
        var command = new Command("cluster", "Starts a cluster with ./cluster, kills and cuts off one part after another under load, and checks that nothing that was confirmed is lost, doubled or out of order.")
        {
            script, seed, nodes, roles, registry, log, host, clients, pause, seconds, brief, steps, only, namespaces, keep, presence, plant,
        };
        command.SetAction(async (parsed, token) =>
        {
            if ((parsed.GetValue(script) ?? Find()) is not { } found || !File.Exists(found))
            {
                await Console.Error.WriteLineAsync("The script 'cluster' is not here or above: name it with --script.".AsMemory(), token);
                return 2;
            }
            var isShort = parsed.GetValue(brief);
            var options = new ProveOptions
            {
                Script = Path.GetFullPath(found),
                Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
                Nodes = Math.Clamp(parsed.GetValue(nodes), 2, 9),
                Roles = parsed.GetValue(roles),
                Registry = parsed.GetValue(registry)!,
                Log = parsed.GetValue(log)!,
                Host = parsed.GetValue(host),
                Clients = Math.Max(20, parsed.GetValue(clients) ?? (isShort ? 60 : 200)),
                Pause = TimeSpan.FromSeconds(parsed.GetValue(pause)),
                Lasting = parsed.GetValue(seconds) is { Length: > 0 } given ? [.. given.Select(TimeSpan.FromSeconds)] : isShort ? [TimeSpan.FromSeconds(5)] : new ProveOptions { Script = "" }.Lasting,
                Short = isShort,
                Steps = parsed.GetValue(steps),
                Only = parsed.GetValue(only),
                Namespaces = parsed.GetValue(namespaces),
                Keep = parsed.GetValue(keep),
                Presence = !parsed.GetValue(presence),
                Plant = parsed.GetValue(plant),
            };
            return await RunAsync(options, Console.Out, token);
        });
        return command;
    }

    /// <summary>Runs it and prints the verdict; 0 when all is as it should be.</summary>
    internal static async Task<int> RunAsync(ProveOptions options, TextWriter output, CancellationToken token)
    {
        Proof proof;
        try
        {
            proof = await new ProveRun(options, output, TimeProvider.System).RunAsync(token);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or HttpRequestException or Client.ChatProblemException)
        {
            await output.WriteLineAsync($"The run could not be made: {e.Message}".AsMemory(), token);
            return 2;
        }
        foreach (var story in proof.Stories)
        {
            await output.WriteLineAsync($"  {story}".AsMemory(), token);
        }
        var others = ((Wrong[])[Wrong.Refused, Wrong.NotGreen, Wrong.PresenceWrong]).Where(what => proof.Count(what) > 0).Select(what => $", {Name(what)} {proof.Count(what)}");
        await output.WriteLineAsync($"{proof.Acked} messages confirmed: lost {proof.Count(Wrong.Lost)}, duplicated {proof.Count(Wrong.Duplicated)}, reordered {proof.Count(Wrong.Reordered)}{string.Concat(others)}".AsMemory(), token);
        if (!proof.IsClean)
        {
            await output.WriteLineAsync($"Again: chat prove cluster --seed {options.Seed}{(options.Short ? " --short" : "")} --nodes {options.Nodes}{(options.Roles is { } roles ? $" --roles \"{roles}\"" : "")} --clients {options.Clients}{(options.Namespaces ? " --namespaces" : "")}".AsMemory(), token);
        }
        return proof.IsClean ? 0 : 1;
    }

    private static string Name(Wrong what) => what switch
    {
        Wrong.Refused => "refused",
        Wrong.NotGreen => "times not green in time",
        _ => "times presence not right in time",
    };

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "cluster")) && Directory.Exists(Path.Combine(folder.FullName, "deploy")))
            {
                return Path.Combine(folder.FullName, "cluster");
            }
        }
        return null;
    }
}
