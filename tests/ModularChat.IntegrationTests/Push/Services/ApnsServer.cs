using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ModularChat.IntegrationTests.Push.Services;

/// <summary>What Apple has taken.</summary>
internal sealed record ApnsPush(string Token, IReadOnlyDictionary<string, string> Headers, JsonElement Body);

/// <summary>How Apple answers a push that is right.</summary>
internal sealed record ApnsReply(int Status = 200, string? Reason = null, long? Timestamp = null, string? RetryAfter = null);

/// <summary>
/// Apple's push service on loopback, HTTP/2 alone: written from "Sending notification requests to APNs", "Establishing a token-based connection" and "Handling
/// notification responses". It refuses what the real one says that it refuses; that the real one does is not shown by it.
/// </summary>
internal sealed partial class ApnsServer : IAsyncDisposable
{
    public const string KeyId = "ABC1234567", TeamId = "DEF1234567", Bundle = "org.example.chat";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<ApnsPush> _taken = new();
    private readonly Lock _gate = new();
    private readonly List<(string Token, DateTimeOffset At)> _seen = [];
    private int _asked;

    private ApnsServer(WebApplication app, TimeProvider time) => (_app, _time) = (app, time);

    public string Url => _app.Urls.First();

    public ApnsPush[] Taken => [.. _taken];

    public int Asked => _asked;

    /// <summary>How many different tokens of ours it has seen.</summary>
    public int Tokens
    {
        get
        {
            lock (_gate)
            {
                return _seen.Count;
            }
        }
    }

    public Func<ApnsReply> Reply { get; set; } = () => new ApnsReply();

    /// <summary>For how long a token counts: an hour.</summary>
    public TimeSpan TokenLife { get; set; } = TimeSpan.FromHours(1);

    public static async Task<ApnsServer> StartAsync(TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listener => listener.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        var server = new ApnsServer(app, time ?? TimeProvider.System);
        app.MapFallback(server.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public string WriteKeyFile(string folder)
    {
        var file = Path.Combine(folder, "apns.p8");
        File.WriteAllText(file, _key.ExportPkcs8PrivateKeyPem());
        return file;
    }

    /// <summary>The settings of a server that sends here.</summary>
    public string[] Settings(string folder) =>
    [
        $"Notifications:Apns:KeyFile={WriteKeyFile(folder)}", $"Notifications:Apns:KeyId={KeyId}", $"Notifications:Apns:TeamId={TeamId}",
        $"Notifications:Apns:BundleId={Bundle}", $"Notifications:Apns:Url={Url}",
    ];

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private async Task TakeAsync(HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        context.Response.Headers["apns-id"] = headers.GetValueOrDefault("apns-id");
        var reply = Refusal(context, headers, body) ?? Reply();
        if (reply.Status == 200)
        {
            _taken.Enqueue(new ApnsPush(context.Request.Path.Value!.Split('/')[^1], headers, JsonDocument.Parse(body.ToArray()).RootElement));
            return;
        }
        context.Response.StatusCode = reply.Status;
        if (reply.RetryAfter is not null)
        {
            context.Response.Headers.RetryAfter = reply.RetryAfter;
        }
        await context.Response.WriteAsync(
            reply.Timestamp is { } since ? JsonSerializer.Serialize(new { reason = reply.Reason, timestamp = since }) : JsonSerializer.Serialize(new { reason = reply.Reason }), context.RequestAborted);
    }

    private ApnsReply? Refusal(HttpContext context, Dictionary<string, string> headers, MemoryStream body)
    {
        var path = Device().Match(context.Request.Path);
        if (context.Request.Method != "POST")
        {
            return new ApnsReply(405, "MethodNotAllowed");
        }
        if (!path.Success)
        {
            return new ApnsReply(404, "BadPath");
        }
        if (TokenRefusal(headers.GetValueOrDefault("Authorization")) is { } refused)
        {
            return refused;
        }
        var (type, topic, priority) = (headers.GetValueOrDefault("apns-push-type"), headers.GetValueOrDefault("apns-topic"), headers.GetValueOrDefault("apns-priority"));
        var isJson = body.Length > 0 && JsonDocument.Parse(body.ToArray()).RootElement.TryGetProperty("aps", out _);
        return topic is null ? new ApnsReply(400, "MissingTopic")
            : type is not ("alert" or "background" or "voip") ? new ApnsReply(400, "InvalidPushType")
            : topic != (type == "voip" ? Bundle + ".voip" : Bundle) ? new ApnsReply(400, "DeviceTokenNotForTopic")
            : priority is not ("10" or "5" or "1") || (type == "background" && priority != "5") ? new ApnsReply(400, "BadPriority")
            : !Guid.TryParseExact(headers.GetValueOrDefault("apns-id"), "D", out _) ? new ApnsReply(400, "BadMessageId")
            : !long.TryParse(headers.GetValueOrDefault("apns-expiration"), NumberStyles.None, CultureInfo.InvariantCulture, out _) ? new ApnsReply(400, "BadExpirationDate")
            : headers.GetValueOrDefault("apns-collapse-id") is { } collapse && Encoding.UTF8.GetByteCount(collapse) > 64 ? new ApnsReply(400, "BadCollapseId")
            : !isJson ? new ApnsReply(400, "PayloadEmpty")
            : body.Length > (type == "voip" ? 5_120 : 4_096) ? new ApnsReply(413, "PayloadTooLarge")
            : path.Groups["token"].Value.Length < 64 ? new ApnsReply(400, "BadDeviceToken")
            : null;
    }

    private ApnsReply? TokenRefusal(string? authorization)
    {
        if (authorization?.StartsWith("bearer ", StringComparison.Ordinal) != true)
        {
            return new ApnsReply(403, "MissingProviderToken");
        }
        var token = authorization[7..];
        var parts = token.Split('.');
        if (parts.Length != 3 || !_key.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
        {
            return new ApnsReply(403, "InvalidProviderToken");
        }
        var (header, claims) = (JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement, JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement);
        if (header.GetProperty("alg").GetString() != "ES256" || header.GetProperty("kid").GetString() != KeyId || claims.GetProperty("iss").GetString() != TeamId)
        {
            return new ApnsReply(403, "InvalidProviderToken");
        }
        var now = _time.GetUtcNow();
        if (now - DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty("iat").GetInt64()) > TokenLife)
        {
            return new ApnsReply(403, "ExpiredProviderToken");
        }
        lock (_gate)
        {
            if (_seen.Exists(one => one.Token == token))
            {
                return null;
            }
            var isTooSoon = _seen.Count > 0 && now - _seen[^1].At < TimeSpan.FromMinutes(20);
            _seen.Add((token, now));
            return isTooSoon ? new ApnsReply(429, "TooManyProviderTokenUpdates") : null;
        }
    }

    [GeneratedRegex(@"\A/3/device/(?<token>[0-9a-f]+)\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Device();
}
