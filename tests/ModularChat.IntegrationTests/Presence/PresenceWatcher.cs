using System.Diagnostics;
using System.Text.Json.Nodes;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Presence;

/// <summary>A WebSocket that watches one user and keeps everything it is told of them, with the time.</summary>
internal sealed class PresenceWatcher : IAsyncDisposable
{
    private readonly RawSocket _socket;
    private readonly Guid _user;
    private readonly Task _beating;
    private readonly CancellationTokenSource _stop = new();

    private PresenceWatcher(RawSocket socket, Guid user)
    {
        (_socket, _user) = (socket, user);
        _beating = BeatAsync();
    }

    /// <summary>States in the order in which they came.</summary>
    public List<string> States { get; } = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<PresenceWatcher> StartAsync(Uri server, ChatUser viewer, Guid user)
    {
        var (socket, _) = await RawSocket.LiveAsync(server, viewer.Token, Token);
        await socket.SendAsync(new JsonObject { ["type"] = "watch", ["userIds"] = new JsonArray(user) }, Token);
        return new PresenceWatcher(socket, user);
    }

    /// <summary>Waits until the user is told to be so; how long that took.</summary>
    public async Task<TimeSpan> BecomesAsync(string state)
    {
        var watch = Stopwatch.StartNew();
        while (States.Count == 0 || States[^1] != state)
        {
            var frame = await _socket.ExpectAsync("presence", Token);
            States.AddRange(frame["users"]!.AsArray().Where(user => user!["userId"]!.GetValue<Guid>() == _user).Select(user => user!["state"]!.GetValue<string>()));
        }
        return watch.Elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        await _socket.DisposeAsync();
        _stop.Dispose();
    }

    private async Task BeatAsync()
    {
        try
        {
            while (true)
            {
                await _socket.SendTextAsync("""{"type":"heartbeat"}""", _stop.Token);
                await Task.Delay(500, _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or System.Net.WebSockets.WebSocketException)
        {
            // Told to stop; or the reading side says what is wrong.
        }
    }
}
