using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ModularChat.IntegrationTests.Presence;

/// <summary>
/// A network namespace with one cable to this machine, whose packets can be dropped without a word, in one direction or both. Sockets of it
/// are used from here. Needs root on Linux.
/// </summary>
internal sealed class CableNetwork : IAsyncDisposable
{
    private const int NewNetwork = 0x40000000;
    private readonly string _name, _here, _there;
    private readonly int _subnet;

    private CableNetwork(int number)
    {
        _subnet = number;
        (_name, _here, _there) = ($"mc-cable-{number}", $"mcc{number}a", $"mcc{number}b");
    }

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? Missing { get; } =
        !OperatingSystem.IsLinux() || Environment.UserName != "root" ? "network namespaces need root on Linux"
        : !File.Exists("/usr/sbin/ip") && !File.Exists("/sbin/ip") ? "ip is not installed (apt-get install iproute2)" : null;

    /// <summary>Where a server listens so that the namespace reaches it.</summary>
    public IPAddress Here => new([10, 77, (byte)_subnet, 1]);

    public static async Task<CableNetwork> MakeAsync()
    {
        for (var number = 1; ; number++)
        {
            var network = new CableNetwork(number);
            if (Directory.Exists("/run/netns/" + network._name) || Directory.Exists("/sys/class/net/" + network._here))
            {
                continue;
            }
            await RunAsync($"ip netns add {network._name}");
            await RunAsync($"ip link add {network._here} type veth peer name {network._there} netns {network._name}");
            await RunAsync($"ip addr add 10.77.{number}.1/24 dev {network._here}");
            await RunAsync($"ip link set {network._here} up");
            await RunAsync($"ip -n {network._name} addr add 10.77.{number}.2/24 dev {network._there}");
            await RunAsync($"ip -n {network._name} link set {network._there} up");
            return network;
        }
    }

    /// <summary>Opens a connection from inside.</summary>
    public async Task<Socket> ConnectAsync(EndPoint to, CancellationToken token)
    {
        var socket = await OnThreadInsideAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        try
        {
            // A socket stays in the namespace it was made in.
            await socket.ConnectAsync(to, token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Drops what goes out of the namespace, what comes in, or both; or nothing.</summary>
    public async Task DropAsync(bool outgoing, bool incoming)
    {
        await QueueAsync($"ip netns exec {_name} tc qdisc", _there, outgoing);
        await QueueAsync("tc qdisc", _here, incoming);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync($"ip link del {_here}");
        await RunAsync($"ip netns del {_name}");
    }

    /// <summary>A queue for one byte lets nothing through.</summary>
    private static Task QueueAsync(string command, string device, bool drops) =>
        RunAsync(drops ? $"{command} replace dev {device} root bfifo limit 1" : $"{command} replace dev {device} root pfifo limit 1000");

    private async Task<T> OnThreadInsideAsync<T>(Func<T> make)
    {
        var made = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle("/run/netns/" + _name);
                if (SetNamespace(handle.DangerousGetHandle().ToInt32(), NewNetwork) != 0)
                {
                    throw new InvalidOperationException($"setns failed with {Marshal.GetLastPInvokeError()}.");
                }
                made.SetResult(make());
            }
            catch (Exception e)
            {
                made.SetException(e);
            }
        });
        // The thread ends with what it did to itself.
        thread.Start();
        return await made.Task;
    }

    private static async Task RunAsync(string command)
    {
        var words = command.Split(' ');
        using var process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardError = true, UseShellExecute = false })!;
        var error = await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        process.ExitCode.ShouldBe(0, string.Create(CultureInfo.InvariantCulture, $"{command}: {error}"));
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetNamespace(int handle, int kind);
}
