using System.Globalization;
using ModularChat.Client;

namespace ModularChat.Cli.Prove;

/// <summary>
/// Clients of the SDK that only stay connected, where discovery sends them: when the node that they hang on dies, they tell how long it takes until they are live again.
/// </summary>
internal sealed class Returners(LocalCluster cluster, HttpMessageInvoker http, TimeProvider time) : IAsyncDisposable
{
    private const int Count = 24;
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60), Period = TimeSpan.FromMilliseconds(50);
    private readonly List<ChatClient> _clients = [];
    private readonly Lock _gate = new();
    private readonly Dictionary<int, long> _broke = [];
    private readonly List<TimeSpan> _took = [];

    /// <summary>The longest time of all so far.</summary>
    public TimeSpan Longest { get; private set; }

    public async Task StartAsync(CancellationToken token)
    {
        var application = new ChatApi(http, cluster.UrlOf("node-1"), new ChatCredentials(cluster.Key));
        for (var i = 0; i < Count; i++)
        {
            var (number, who) = (i, string.Create(CultureInfo.InvariantCulture, $"returner{i}"));
            await application.PutApplicationUserAsync(who, token: token);
            var session = await application.CreateApplicationSessionAsync(who, new DeviceDescription(who, "prove"), token);
            var client = new ChatClient(new ChatClientOptions
            {
                Url = cluster.UrlOf("nginx"),
                Token = session.Token,
                Http = http,
                Transport = Transport.WebSocket,
                Time = time,
                OnEvent = what => Note(number, what),
            });
            _clients.Add(client);
            await client.ConnectAsync(token);
        }
    }

    /// <summary>From here on what breaks is counted.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _broke.Clear();
            _took.Clear();
        }
    }

    /// <summary>Waits until all whose connection broke are live again; says how long that took each, from the break.</summary>
    public async Task<string> EndAsync(CancellationToken token)
    {
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < Within && Waiting() > 0)
        {
            await Task.Delay(Period, time, token);
        }
        lock (_gate)
        {
            _took.Sort();
            if (_took.Count == 0 && _broke.Count == 0)
            {
                return "";
            }
            Longest = _took.Count > 0 && _took[^1] > Longest ? _took[^1] : Longest;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"; {_took.Count} of {Count} clients broke off and were live elsewhere after {(_took.Count > 0 ? _took[_took.Count / 2].TotalSeconds : 0):F1} s (half), {(_took.Count > 0 ? _took[^1].TotalSeconds : 0):F1} s (all){(_broke.Count > 0 ? $", {_broke.Count} are not back" : "")}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }
    }

    private int Waiting()
    {
        lock (_gate)
        {
            return _broke.Count;
        }
    }

    private void Note(int client, ChatEvent what)
    {
        lock (_gate)
        {
            switch (what)
            {
                case ConnectionChanged { State: ConnectionState.Waiting }:
                    _broke.TryAdd(client, time.GetTimestamp());
                    break;
                case ConnectionChanged { State: ConnectionState.Live } when _broke.Remove(client, out var at):
                    _took.Add(time.GetElapsedTime(at));
                    break;
            }
        }
    }
}
