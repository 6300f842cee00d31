using System.Globalization;

namespace ModularChat.Cli.Prove;

/// <summary>Starts a cluster, has people talk in it, spoils one thing after another, and holds what everybody got against what was confirmed.</summary>
internal sealed class ProveRun(ProveOptions options, TextWriter output, TimeProvider time)
{
    private static readonly TimeSpan CalmBefore = TimeSpan.FromSeconds(5), CatchUp = TimeSpan.FromSeconds(60);
    private readonly Proof _proof = new();
    private Device? _leaver;
    private TimeSpan _slowestGreen, _slowestPresence;

    public async Task<Proof> RunAsync(CancellationToken token)
    {
        var began = time.GetTimestamp();
        var random = new Random(options.Seed);
        var timings = new Timings(time);
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(3),
            PooledConnectionLifetime = TimeSpan.FromSeconds(20),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        };
        using var http = new HttpMessageInvoker(handler);
        await using var cluster = new LocalCluster(options, time);
        await SayAsync($"starting {options.Nodes} nodes in {cluster.Folder}, --seed {options.Seed}");
        await cluster.StartAsync(token);
        var crowd = new Crowd(cluster, options, _proof, timings, http, random, time);
        await crowd.MakeAsync(token);
        await using var returners = new Returners(cluster, http, time);
        await returners.StartAsync(token);
        var recovery = new Recovery(cluster, crowd, options, _proof, http, time);
        using var speaking = CancellationTokenSource.CreateLinkedTokenSource(token);
        using var hopping = CancellationTokenSource.CreateLinkedTokenSource(token);
        var running = crowd.RunAsync(speaking.Token, hopping.Token, token);
        try
        {
            await Task.Delay(CalmBefore, time, token);
            await RecoverAsync("calm", recovery, token);
            foreach (var fault in Fault.All(cluster, options, random))
            {
                await SpoilAsync(fault, crowd, recovery, returners, random, token);
            }
        }
        finally
        {
            _proof.Step = "the end";
            await speaking.CancelAsync();
            // Speakers bring their last message to its confirmation, but not for ever.
            var given = Task.Delay(CatchUp, time, CancellationToken.None);
            await hopping.CancelAsync();
            await Task.WhenAny(running, given);
        }
        if (!running.IsCompleted)
        {
            _proof.Blame(Wrong.Refused, "a message could not be confirmed within a minute after all was whole");
        }
        await CheckAsync(crowd, token);
        await SayAsync(timings.ToString());
        await SayAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"slowest to green {_slowestGreen.TotalSeconds:F1} s, presence right {_slowestPresence.TotalSeconds:F1} s (two timeouts are {2 * ProveOptions.OfflineSeconds} s){(returners.Longest > TimeSpan.Zero ? $"; clients of a killed node live elsewhere {returners.Longest.TotalSeconds:F1} s" : "")}; all in {time.GetElapsedTime(began).TotalSeconds:F0} s"));
        return _proof;
    }

    private async Task SpoilAsync(Fault fault, Crowd crowd, Recovery recovery, Returners returners, Random random, CancellationToken token)
    {
        _proof.Step = fault.ToString();
        var confirmed = _proof.Acked;
        // Somebody leaves without a word when it begins, and is back when the next one does.
        var leaver = crowd.Devices[1 + random.Next(crowd.Devices.Count - 1)];
        if (_leaver is { } before)
        {
            before.Copy.IsTimed = true;
        }
        (_leaver, leaver.Copy.IsTimed, leaver.IsAway) = (leaver, false, true);
        returners.Begin();
        await fault.Begin(token);
        await Task.Delay(fault.Lasts, time, token);
        // Nobody waits for a node that comes back: it is the others that take its clients.
        var returned = fault.Kind == "kill node" ? await returners.EndAsync(token) : "";
        await fault.End(token);
        await RecoverAsync(string.Create(CultureInfo.InvariantCulture, $"{fault}: {_proof.Acked - confirmed} confirmed{returned}"), recovery, token);
        leaver.IsAway = false;
    }

    private async Task RecoverAsync(string what, Recovery recovery, CancellationToken token)
    {
        var green = await recovery.GreenAsync(token);
        var presence = (options.Presence ? await recovery.PresenceAsync(token) : TimeSpan.Zero) + green;
        (_slowestGreen, _slowestPresence) = (Max(_slowestGreen, green), Max(_slowestPresence, presence));
        await SayAsync(string.Create(CultureInfo.InvariantCulture, $"{what}; green after {green.TotalSeconds:F1} s{(options.Presence ? $", presence right after {presence.TotalSeconds:F1} s" : "")}"));
    }

    /// <summary>Every device reads to the end, by whichever node, and then it must have everything.</summary>
    private async Task CheckAsync(Crowd crowd, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(CatchUp);
        await Parallel.ForEachAsync(crowd.Devices, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = token }, async (device, _) =>
        {
            while (!limit.IsCancellationRequested)
            {
                try
                {
                    await device.CatchUpAsync(limit.Token);
                    if (device.Copy.Has(_proof.Heads()))
                    {
                        break;
                    }
                }
                catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or Client.ChatProblemException)
                {
                    // Again, until the time is up: what it lacks then is lost.
                }
            }
            device.Copy.Check();
        });
    }

    private Task SayAsync(string line) => output.WriteLineAsync(line);

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
