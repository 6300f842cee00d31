using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;

namespace ModularChat.Calls.Mixing;

/// <summary>The HTTP API of Janus: sessions, handles in them, messages to plugins, and a long poll for what happens in a session.</summary>
internal sealed class JanusApi(IOptions<CallsOptions> options, TimeProvider time) : IDisposable
{
    private const int NoSuchSession = 458, NoSuchHandle = 459, InvalidDescription = 465;
    private const int EventsAtOnce = 20;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5), PollTimeout = TimeSpan.FromSeconds(40);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
        AllowAutoRedirect = false,
    })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = 4 * 1024 * 1024,
    };

    public async Task<long> CreateAsync(string url, CancellationToken token) => Id(await PostAsync(url, Message("create"), token));

    public async Task<long> AttachAsync(string url, long session, string plugin, CancellationToken token)
    {
        var ask = Message("attach");
        ask["plugin"] = plugin;
        return Id(await PostAsync(At(url, session), ask, token));
    }

    public Task DestroyAsync(string url, long session, CancellationToken token) => PostAsync(At(url, session), Message("destroy"), token);

    public Task DetachAsync(string url, long session, long handle, CancellationToken token) => PostAsync(At(url, session, handle), Message("detach"), token);

    /// <summary>Asks a plugin something that it answers at once.</summary>
    /// <exception cref="MixerLostException">Also when the plugin refuses.</exception>
    public async Task<JsonNode> AskAsync(string url, long session, long handle, JsonObject body, CancellationToken token)
    {
        var ask = Message("message");
        ask["body"] = body;
        var data = (await PostAsync(At(url, session, handle), ask, token))["plugindata"]?["data"] ?? new JsonObject();
        return data["error"]?.GetValue<string>() is { } error ? throw new MixerLostException(MixerLoss.Refused, error) : data;
    }

    /// <summary>Tells a plugin something that it answers by an event.</summary>
    public Task SendAsync(string url, long session, long handle, JsonObject body, JsonObject? jsep, CancellationToken token)
    {
        var ask = Message("message");
        ask["body"] = body;
        if (jsep is not null)
        {
            ask["jsep"] = jsep;
        }
        return PostAsync(At(url, session, handle), ask, token);
    }

    public Task TrickleAsync(string url, long session, long handle, JsonArray candidates, CancellationToken token)
    {
        var ask = Message("trickle");
        ask["candidates"] = candidates;
        return PostAsync(At(url, session, handle), ask, token);
    }

    /// <summary>Waits for events of a session, half a minute at most, and keeps it alive by that.</summary>
    public async Task<JsonNode[]> PollAsync(string url, long session, CancellationToken token)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"?maxev={EventsAtOnce}");
        if (options.Value.JanusSecret.Length > 0)
        {
            query += "&apisecret=" + Uri.EscapeDataString(options.Value.JanusSecret);
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, At(url, session) + query);
        var answer = await ExchangeAsync(request, PollTimeout, token);
        return answer is JsonArray events ? [.. events.Select(one => one!)] : [answer];
    }

    public void Dispose() => _http.Dispose();

    private static string At(string url, long session) => string.Create(CultureInfo.InvariantCulture, $"{url}/{session}");

    private static string At(string url, long session, long handle) => string.Create(CultureInfo.InvariantCulture, $"{url}/{session}/{handle}");

    private static long Id(JsonNode answer) => answer["data"]?["id"]?.GetValue<long>() ?? throw new MixerLostException(MixerLoss.Refused, "Janus answers without an id.");

    private JsonObject Message(string what)
    {
        var message = new JsonObject { ["janus"] = what, ["transaction"] = Ids.New().ToString("N") };
        if (options.Value.JanusSecret.Length > 0)
        {
            message["apisecret"] = options.Value.JanusSecret;
        }
        return message;
    }

    private async Task<JsonNode> PostAsync(string url, JsonObject message, CancellationToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(message.ToJsonString(), Encoding.UTF8, "application/json") };
        return await ExchangeAsync(request, Timeout, token);
    }

    private async Task<JsonNode> ExchangeAsync(HttpRequestMessage request, TimeSpan timeout, CancellationToken token)
    {
        JsonNode answer;
        try
        {
            using var limit = new CancellationTokenSource(timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
            using var response = await _http.SendAsync(request, either.Token);
            answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(either.Token)) ?? new JsonObject();
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException || (e is OperationCanceledException && !token.IsCancellationRequested))
        {
            throw new MixerLostException(MixerLoss.Reach, "Janus does not answer.", e);
        }
        if (answer is JsonObject && answer["janus"]?.GetValue<string>() == "error")
        {
            var (code, reason) = (answer["error"]?["code"]?.GetValue<int>(), answer["error"]?["reason"]?.GetValue<string>() ?? "no reason");
            throw new MixerLostException(
                code switch
                {
                    NoSuchSession => MixerLoss.Session,
                    NoSuchHandle => MixerLoss.Line,
                    InvalidDescription => MixerLoss.Refused,
                    _ => MixerLoss.Refused,
                },
                $"Janus answers with an error: {reason}");
        }
        return answer;
    }
}
