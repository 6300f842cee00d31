using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModularChat.Calls;

namespace ModularChat.Cli.Voice;

/// <summary>Tries what voice needs with the settings of the server, from where it runs, and says a sentence for each finding.</summary>
internal sealed class VoiceDoctor(CallsOptions options, TimeProvider time, TextWriter output)
{
    private const int Seconds = 60;

    private static readonly string[] Transports = ["udp", "tcp", "tls"];

    /// <summary>Looks at everything; true when nothing is wrong.</summary>
    public async Task<bool> LookAsync(CancellationToken token)
    {
        var isWell = true;
        if (Split(options.StunUrls).Length == 0)
        {
            await SayAsync(null, "Calls:StunUrls is empty: clients find no direct way through a router. With a relay that all use (Calls:RelayOnly) they need none.");
        }
        foreach (var url in Split(options.StunUrls))
        {
            isWell &= await TryAsync(url, StunAsync, token);
        }
        if (Split(options.TurnUrls).Length == 0)
        {
            await SayAsync(null, "Calls:TurnUrls is empty: calls go directly from client to client, who learn each other's addresses, and behind some routers no call comes about.");
        }
        else if (!options.RelayOnly)
        {
            await SayAsync(null, "Calls:RelayOnly is off: clients look for a direct path first, and learn each other's addresses.");
        }
        foreach (var url in Split(options.TurnUrls))
        {
            isWell &= await TryAsync(url, RelayAsync, token);
        }
        foreach (var transport in Transports.Where(one => Split(options.TurnUrls) is { Length: > 0 } urls && !urls.Any(url => StunWay.Read(url).Transport == one)))
        {
            await SayAsync(null, $"No address of Calls:TurnUrls is for {transport.ToUpperInvariant()}: {(transport == "udp" ? "sound comes later over TCP" : "clients behind a firewall that lets only this through have no voice")}.");
        }
        if (Split(options.JanusUrls).Length == 0)
        {
            await SayAsync(null, $"Calls:JanusUrls is empty: voice rooms have up to {options.MeshLimit.ToString(CultureInfo.InvariantCulture)} participants (Calls:MeshLimit).");
        }
        foreach (var url in Split(options.JanusUrls))
        {
            isWell &= await TryAsync(url, JanusAsync, token);
        }
        return isWell;
    }

    private static string[] Split(string urls) => urls.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static async Task<string> StunAsync(string url, CancellationToken token)
    {
        var (host, port, transport) = StunWay.Read(url);
        return $"answers over {transport.ToUpperInvariant()}, and sees this machine at {await RelayProbe.MapAsync(host, port, transport, token)}.";
    }

    private async Task<string> RelayAsync(string url, CancellationToken token)
    {
        var (host, port, transport) = StunWay.Read(url);
        var name = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow().ToUnixTimeSeconds() + Seconds}:voice-doctor");
#pragma warning disable CA5350 // The scheme has SHA-1; coturn knows no other here.
        var password = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(options.TurnSecret), Encoding.UTF8.GetBytes(name)));
#pragma warning restore CA5350
        var begun = time.GetTimestamp();
        using var one = await RelayProbe.OpenAsync(host, port, transport, name, password, token);
        using var other = await RelayProbe.OpenAsync(host, port, transport, name, password, token);
        var took = time.GetElapsedTime(begun).TotalMilliseconds / 2;
        await one.AllowAsync(other.Relayed, token);
        await other.AllowAsync(one.Relayed, token);
        if (!await one.ReachesAsync(other, token))
        {
            throw new InvalidDataException($"it opens relays ({one.Relayed}), but what is sent from one to the other does not come: its ports for relays are blocked, or its external-ip is wrong");
        }
        await one.CloseAsync(token);
        await other.CloseAsync(token);
        var isPrivate = one.Relayed.Address is { AddressFamily: AddressFamily.InterNetwork } address && IsPrivate(address);
        return string.Create(CultureInfo.InvariantCulture, $"relays over {transport.ToUpperInvariant()} in {took:0} ms, at {one.Relayed.Address}{(isPrivate ? ", which is an address of an inner network: clients outside need external-ip" : "")}.");
    }

    private async Task<string> JanusAsync(string url, CancellationToken token)
    {
        using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(3), UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        async Task<JsonNode> AskAsync(string path, JsonObject message)
        {
            (message["transaction"], message["apisecret"]) = ("voice-doctor", options.JanusSecret);
            using var content = new StringContent(message.ToJsonString(), Encoding.UTF8, "application/json");
            using var response = await http.PostAsync(new Uri(url.TrimEnd('/') + path), content, token);
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(token))!;
            return answer["janus"]?.GetValue<string>() != "error" ? answer
                : throw new InvalidDataException(answer["error"]?["code"]?.GetValue<int>() == 403
                    ? "it does not accept the secret: Calls:JanusSecret has to be its api_secret"
                    : $"it answers: {answer["error"]?["reason"]}");
        }
        var info = JsonNode.Parse(await http.GetStringAsync(new Uri(url.TrimEnd('/') + "/info"), token))!;
        if (info["plugins"]?["janus.plugin.audiobridge"] is null)
        {
            throw new InvalidDataException("it has no AudioBridge: janus.plugin.audiobridge is not loaded");
        }
        var session = (await AskAsync("", new JsonObject { ["janus"] = "create" }))["data"]!["id"]!.GetValue<long>();
        var handle = (await AskAsync($"/{session}", new JsonObject { ["janus"] = "attach", ["plugin"] = "janus.plugin.audiobridge" }))["data"]!["id"]!.GetValue<long>();
        var create = new JsonObject { ["request"] = "create", ["permanent"] = false, ["description"] = "voice doctor", ["is_private"] = true };
        if (options.JanusAdminKey.Length > 0)
        {
            create["admin_key"] = options.JanusAdminKey;
        }
        var made = (await AskAsync($"/{session}/{handle}", new JsonObject { ["janus"] = "message", ["body"] = create }))["plugindata"]!["data"]!;
        if (made["room"]?.GetValue<long>() is not { } room)
        {
            throw new InvalidDataException($"it makes no room: {made["error"]}");
        }
        await AskAsync($"/{session}/{handle}", new JsonObject { ["janus"] = "message", ["body"] = new JsonObject { ["request"] = "destroy", ["room"] = room } });
        await AskAsync($"/{session}", new JsonObject { ["janus"] = "destroy" });
        var local = info["local-ip"]?.ToString();
        var isHidden = IPAddress.TryParse(local, out var ip) && IPAddress.IsLoopback(ip);
        return $"is Janus {info["version_string"]}, and makes rooms; its media go by UDP, at {local ?? "an address of its own choice"}{(isHidden ? ", which only its own machine reaches: it found no network" : "")}.";
    }

    private static bool IsPrivate(IPAddress address)
    {
        var b = address.GetAddressBytes();
        return b[0] is 10 or 127 || (b[0] == 172 && b[1] is >= 16 and < 32) || (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254);
    }

    private async Task<bool> TryAsync(string url, Func<string, CancellationToken, Task<string>> look, CancellationToken token)
    {
        try
        {
            await SayAsync(true, $"{url} {await look(url, token)}");
            return true;
        }
        catch (Exception e) when (!token.IsCancellationRequested
            && e is SocketException or IOException or InvalidDataException or OperationCanceledException or AuthenticationException or HttpRequestException or JsonException or FormatException)
        {
            await SayAsync(false, $"{url} does not work: {Why(e)}.");
            return false;
        }
    }

    private static string Why(Exception e) => e switch
    {
        OperationCanceledException => "nothing answers in time; a firewall, or the wrong port",
        AuthenticationException => $"its certificate is not accepted ({e.Message.TrimEnd('.')})",
        HttpRequestException { InnerException: SocketException inner } => inner.Message.TrimEnd('.'),
        JsonException => "the answer is not of Janus",
        FormatException => "the address cannot be read",
        _ => e.Message.TrimEnd('.'),
    };

    private Task SayAsync(bool? isWell, string sentence) => output.WriteLineAsync($"{(isWell switch { true => "ok  ", false => "BAD ", _ => "note" })} {sentence}");
}
