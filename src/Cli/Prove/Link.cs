using System.Net;
using System.Net.Sockets;

namespace ModularChat.Cli.Prove;

/// <summary>How a link is.</summary>
internal enum LinkState
{
    /// <summary>Everything goes through.</summary>
    Whole = 0,
    /// <summary>Nothing goes through and nobody is told; what was sent comes late, when it is whole again.</summary>
    Drop,
    /// <summary>Connections are reset, and so are new ones.</summary>
    Reset,
    /// <summary>Answers come, questions do not arrive.</summary>
    Up,
    /// <summary>Questions arrive, answers do not come.</summary>
    Down,
    /// <summary>Everything comes a third of a second later, each way.</summary>
    Slow,
}

/// <summary>A link from one node to one engine: connections to a port of this machine that go on to another, and can be spoiled.</summary>
internal sealed class Link : IAsyncDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300), ConnectTimeout = TimeSpan.FromSeconds(5);
    private readonly TimeProvider _time;
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Task _accepting;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LinkState _state;

    public Link(string name, int port, int target, TimeProvider time)
    {
        (Name, _target, _time) = (name, target, time);
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    /// <summary>Such as node-1:postgresql.</summary>
    public string Name { get; }

    /// <summary>Connections that were carried so far: a link that nobody uses proves nothing.</summary>
    public int Carried { get; private set; }

    public void Be(LinkState state)
    {
        Socket[] broken = [];
        lock (_gate)
        {
            _state = state;
            var before = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            before.TrySetResult();
            if (state == LinkState.Reset)
            {
                broken = [.. _open];
            }
        }
        foreach (var socket in broken)
        {
            Break(socket);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        Be(LinkState.Reset);
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_ending.Token);
            Carried++;
            _ = CarryAsync(socket);
        }
    }

    private async Task CarryAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        (near.NoDelay, far.NoDelay) = (true, true);
        try
        {
            lock (_gate)
            {
                _open.Add(near);
                _open.Add(far);
            }
            await PassAsync(up: true);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            limit.CancelAfter(ConnectTimeout);
            await far.ConnectAsync(IPAddress.Loopback, _target, limit.Token);
            var both = (Up: PumpAsync(near, far, up: true), Down: PumpAsync(far, near, up: false));
            await Task.WhenAny(both.Up, both.Down);
            // Whichever side ended, the other hears of it as soon as the link lets anything through.
            await PassAsync(up: both.Up.IsCompleted);
            Break(near);
            Break(far);
            await Task.WhenAll(both.Up, both.Down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Break(near);
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(near);
                _open.Remove(far);
            }
            near.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool up)
    {
        var buffer = new byte[32 * 1024];
        int count;
        while ((count = await from.ReceiveAsync(buffer, _ending.Token)) > 0)
        {
            await PassAsync(up);
            for (var sent = 0; sent < count;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _ending.Token);
            }
        }
    }

    /// <summary>Completes when something may pass in this direction.</summary>
    private async Task PassAsync(bool up)
    {
        while (true)
        {
            Task? changed;
            lock (_gate)
            {
                switch (_state)
                {
                    case LinkState.Drop:
                    case LinkState.Up when up:
                    case LinkState.Down when !up:
                        changed = _changed.Task;
                        break;
                    case LinkState.Reset:
                        throw new OperationCanceledException("The link resets connections.");
                    case LinkState.Slow:
                        changed = null;
                        break;
                    default:
                        return;
                }
            }
            if (changed is null)
            {
                await Task.Delay(Delay, _time, _ending.Token);
                return;
            }
            await changed.WaitAsync(_ending.Token);
        }
    }

    /// <summary>A reset and no polite end.</summary>
    private static void Break(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Close();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }
    }
}
