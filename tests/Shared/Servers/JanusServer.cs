using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;
using System.Text;
using System.Text.Json.Nodes;

namespace ModularChat.Shared.Servers;

/// <summary>
/// A real Janus with its AudioBridge, and its HTTP API on a free port of 127.0.0.1. It can be killed and started again. It ends with the process that started it, however that ends.
/// </summary>
internal sealed class JanusServer : IAsyncDisposable
{
    public const string Secret = "a shared secret of tests";

    // When the test process is gone, whose end of the pipe closes, so is the server.
    private const string Keeper =
        """
        log=$1; shift
        "$@" </dev/null >>"$log" 2>&1 &
        server=$!; echo $server
        read -r done
        kill -s KILL $server; wait $server
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("modularchat-janus-").FullName;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly int _port = Ports.Free();
    private Process? _keeper;

    /// <summary>Why no server can be started here; empty when one can.</summary>
    public static string Missing { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => File.Exists(Path.Combine(p, "janus")))
            ? ""
            : "Janus is not installed (apt-get install janus).";

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}/janus");

    public static async Task<JanusServer> StartAsync(CancellationToken token)
    {
        var server = new JanusServer();
        try
        {
            await server.WriteSettingsAsync(token);
            await server.StartAgainAsync(token);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (_keeper is { } keeper)
        {
            _keeper = null;
            keeper.StandardInput.Close();
            await keeper.WaitForExitAsync(CancellationToken.None);
            keeper.Dispose();
        }
    }

    /// <summary>Starts it again, on the same port and with nothing remembered.</summary>
    public async Task StartAgainAsync(CancellationToken token)
    {
        _keeper = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Keeper, "keeper", Path.Combine(_folder, "log"), "janus", "-F", _folder, "-C", Path.Combine(_folder, "janus.jcfg")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = _folder,
        })!;
        await _keeper.StandardOutput.ReadLineAsync(token);
        for (var attempt = 1; !await AnswersAsync(token); attempt++)
        {
            if (attempt == 600)
            {
                throw new InvalidOperationException($"Janus does not start: {await File.ReadAllTextAsync(Path.Combine(_folder, "log"), token)}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, token);
        }
    }

    /// <summary>Its rooms, as it tells them itself: number, description and how many are in.</summary>
    public async Task<JsonNode[]> RoomsAsync(CancellationToken token)
    {
        var session = (await PostAsync("", new JsonObject { ["janus"] = "create" }, token))["data"]!["id"]!.GetValue<long>();
        var handle = (await PostAsync($"/{session}", new JsonObject { ["janus"] = "attach", ["plugin"] = "janus.plugin.audiobridge" }, token))["data"]!["id"]!.GetValue<long>();
        async Task<JsonNode> AskAsync(JsonObject body) => (await PostAsync($"/{session}/{handle}", new JsonObject { ["janus"] = "message", ["body"] = body }, token))["plugindata"]!["data"]!;
        List<JsonNode> rooms = [];
        foreach (var room in (await AskAsync(new JsonObject { ["request"] = "list" }))["list"]!.AsArray())
        {
            rooms.Add((await AskAsync(new JsonObject { ["request"] = "listparticipants", ["room"] = room!["room"]!.GetValue<long>() }))["participants"]!);
        }
        await PostAsync($"/{session}", new JsonObject { ["janus"] = "destroy" }, token);
        return [.. rooms];
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<JsonNode> PostAsync(string path, JsonObject message, CancellationToken token)
    {
        (message["transaction"], message["apisecret"]) = ("test", Secret);
        using var content = new StringContent(message.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri(Url + path), content, token);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(token))!;
    }

    private async Task<bool> AnswersAsync(CancellationToken token)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(Url + "/info"), token);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Tests beside this one make cables and take them away: sound that goes over one would end with it.</summary>
    private static string LastingNetwork() =>
        Array.Find(NetworkInterface.GetAllNetworkInterfaces(), one => one.OperationalStatus == OperationalStatus.Up && one.GetIPProperties().GatewayAddresses.Count > 0) is { } lasting
            ? $" ice_enforce_list = \"{lasting.Name}\""
            : "";

    private async Task WriteSettingsAsync(CancellationToken token)
    {
        var library = Directory.GetDirectories("/usr/lib").Prepend("/usr/lib").Select(folder => folder + "/janus").First(folder => Directory.Exists(folder + "/plugins"));
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "janus.jcfg"),
            $$"""
            general: { configs_folder = "{{_folder}}" plugins_folder = "{{library}}/plugins" transports_folder = "{{library}}/transports" events_folder = "{{library}}/events"
              loggers_folder = "{{library}}/loggers" debug_level = 4 debug_colors = false api_secret = "{{Secret}}" session_timeout = 120 }
            nat: { full_trickle = false{{LastingNetwork()}} }
            plugins: { disable = "{{string.Join(',', Directory.GetFiles(library + "/plugins", "*.so").Select(Path.GetFileName).Where(name => name != "libjanus_audiobridge.so"))}}" }
            transports: { disable = "{{string.Join(',', Directory.GetFiles(library + "/transports", "*.so").Select(Path.GetFileName).Where(name => name != "libjanus_http.so"))}}" }
            """,
            token);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "janus.transport.http.jcfg"),
            string.Create(CultureInfo.InvariantCulture, $$"""general: { json = "compact" base_path = "/janus" http = true port = {{_port}} ip = "127.0.0.1" https = false }"""),
            token);
        await File.WriteAllTextAsync(Path.Combine(_folder, "janus.plugin.audiobridge.jcfg"), "general: { }\n", token);
    }
}
