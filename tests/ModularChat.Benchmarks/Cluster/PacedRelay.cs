using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;

namespace ModularChat.Benchmarks.Cluster;

/// <summary>
/// What a message costs the bare relay of <c>chat bench</c> at several rates: how much of a cluster's price is that each of its processes has less to do.
/// <c>dotnet run -c Release --project tests/ModularChat.Benchmarks -- paced-relay &lt;chat.dll&gt; [pairs] [seconds] [messages a second ...]</c>.
/// </summary>
internal static class PacedRelay
{
    public static async Task<int> RunAsync(string program, string[] args)
    {
        var numbers = Array.ConvertAll(args, text => int.Parse(text, CultureInfo.InvariantCulture));
        var (pairs, seconds) = (numbers.Length > 0 ? numbers[0] : 60, numbers.Length > 1 ? numbers[1] : 7);
        using var relay = Process.Start(new ProcessStartInfo("dotnet", [program, "bench-relay"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("The relay did not start.");
        try
        {
            var url = new Uri(await relay.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The relay did not say where it listens."));
            foreach (var rate in numbers.Length > 2 ? numbers[2..] : [600, 300, 200])
            {
                await MeasureAsync(relay, url, pairs, rate, TimeSpan.FromSeconds(seconds));
            }
            return 0;
        }
        finally
        {
            relay.Kill();
        }
    }

    private static async Task MeasureAsync(Process relay, Uri url, int pairs, int rate, TimeSpan time)
    {
        using var stop = new CancellationTokenSource();
        var sockets = new List<ClientWebSocket>();
        for (var i = 0; i < pairs * 2; i++)
        {
            var socket = new ClientWebSocket { Options = { KeepAliveInterval = TimeSpan.Zero } };
            await socket.ConnectAsync(new UriBuilder(url) { Scheme = "ws", Query = $"room={i / 2}" }.Uri, stop.Token);
            sockets.Add(socket);
        }
        var (sent, pace) = (0, TimeSpan.FromSeconds(2.0 * pairs / rate));
        var running = sockets.SelectMany(socket => new[] { SendAsync(socket), ReceiveAsync(socket) }).ToArray();
        // Until what runs is the compiled code that an hour-old relay runs.
        await Task.Delay(time);
        relay.Refresh();
        var (cpu, before, clock) = (relay.TotalProcessorTime, Volatile.Read(ref sent), Stopwatch.StartNew());
        await Task.Delay(time);
        relay.Refresh();
        var (used, messages) = (relay.TotalProcessorTime - cpu, Volatile.Read(ref sent) - before);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bare relay: {messages / clock.Elapsed.TotalSeconds:F0} messages/s, {used.TotalMicroseconds / messages:F1} us of its CPU a message"));
        await stop.CancelAsync();
        await Task.WhenAll(running);
        sockets.ForEach(socket => socket.Dispose());

        async Task SendAsync(ClientWebSocket socket)
        {
            var frame = new byte[200];
            Array.Fill(frame, (byte)'x');
            // Not all in the same moment.
            await Task.Delay(pace * Random.Shared.NextDouble());
            await UntilMeasuredAsync(async () =>
            {
                await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, stop.Token);
                Interlocked.Increment(ref sent);
                await Task.Delay(pace, stop.Token);
            });
        }

        async Task ReceiveAsync(ClientWebSocket socket)
        {
            var buffer = new byte[4096];
            await UntilMeasuredAsync(async () => await socket.ReceiveAsync(buffer.AsMemory(), stop.Token));
        }

        async Task UntilMeasuredAsync(Func<Task> step)
        {
            try
            {
                while (true)
                {
                    await step();
                }
            }
            catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or WebSocketException or ObjectDisposedException)
            {
                // Measured.
            }
        }
    }
}
