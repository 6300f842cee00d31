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
using Microsoft.Extensions.Logging;

namespace ModularChat.IntegrationTests.Push.Services;

/// <summary>How FCM answers a message that is right.</summary>
/// <param name="Status">200, or the status of an error.</param>
/// <param name="Error">FCM's error code.</param>
/// <param name="RetryAfter">The header of that name.</param>
internal sealed record FcmReply(int Status = 200, string? Error = null, string? RetryAfter = null);

/// <summary>
/// Firebase Cloud Messaging on loopback, with Google's token service: written from the REST reference of <c>projects.messages.send</c>, its page of error
/// codes, and RFC 7523. It refuses what the real one says that it refuses; that the real one does is not shown by it.
/// </summary>
internal sealed partial class FcmServer : IAsyncDisposable
{
    public const string Project = "test-project", Account = "push@test-project.iam.gserviceaccount.com";

    private const string Scope = "https://www.googleapis.com/auth/firebase.messaging";

    private readonly RSA _key = RSA.Create(2048);
    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<JsonElement> _taken = new();
    private int _asked, _given;

    private FcmServer(WebApplication app, TimeProvider time) => (_app, _time) = (app, time);

    public string Url => _app.Urls.First();

    /// <summary>The messages that it has taken.</summary>
    public JsonElement[] Taken => [.. _taken];

    /// <summary>How often a message was sent, whatever came of it.</summary>
    public int Asked => _asked;

    /// <summary>How many access tokens it has given.</summary>
    public int Given => _given;

    /// <summary>Devices that are not there any more.</summary>
    public ConcurrentDictionary<string, bool> Unregistered { get; } = new(StringComparer.Ordinal);

    public Func<FcmReply> Reply { get; set; } = () => new FcmReply();

    public static async Task<FcmServer> StartAsync(TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new FcmServer(app, time ?? TimeProvider.System);
        app.MapPost("/token", server.GiveTokenAsync);
        app.MapPost("/v1/projects/{project}/messages:send", server.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Writes the key file of the service account.</summary>
    public string WriteKeyFile(string folder)
    {
        var file = Path.Combine(folder, "fcm.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new
        {
            type = "service_account",
            project_id = Project,
            private_key_id = "key-1",
            private_key = _key.ExportPkcs8PrivateKeyPem(),
            client_email = Account,
            token_uri = $"{Url}/token",
        }));
        return file;
    }

    /// <summary>Every access token is refused from now on, as after a change of the account.</summary>
    public void Withdraw() => _tokens.Clear();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private async Task<IResult> GiveTokenAsync(HttpContext context, CancellationToken token)
    {
        var form = await context.Request.ReadFormAsync(token);
        if (form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer")
        {
            return Results.Json(new { error = "unsupported_grant_type" }, statusCode: 400);
        }
        if (!IsSigned(form["assertion"].ToString()))
        {
            return Results.Json(new { error = "invalid_grant", error_description = "Invalid JWT Signature." }, statusCode: 400);
        }
        var given = $"ya29.{Interlocked.Increment(ref _given)}";
        _tokens[given] = _time.GetUtcNow().AddSeconds(3_599);
        return Results.Json(new { access_token = given, expires_in = 3_599, token_type = "Bearer" });
    }

    private bool IsSigned(string assertion)
    {
        var parts = assertion.Split('.');
        if (parts.Length != 3
            || !_key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
        {
            return false;
        }
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement;
        var (from, to, now) = (claims.GetProperty("iat").GetInt64(), claims.GetProperty("exp").GetInt64(), _time.GetUtcNow().ToUnixTimeSeconds());
        return claims.GetProperty("iss").GetString() == Account && claims.GetProperty("aud").GetString() == "https://oauth2.googleapis.com/token"
            && claims.GetProperty("scope").GetString() == Scope && from <= now + 60 && to > now && to <= from + 3_600;
    }

    private async Task<IResult> TakeAsync(string project, HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var bearer = context.Request.Headers.Authorization.ToString();
        if (!bearer.StartsWith("Bearer ", StringComparison.Ordinal) || !_tokens.TryGetValue(bearer[7..], out var until) || until <= _time.GetUtcNow())
        {
            return Error(401, "UNAUTHENTICATED");
        }
        if (project != Project)
        {
            return Error(403, "PERMISSION_DENIED");
        }
        var message = JsonDocument.Parse(body.ToArray()).RootElement.GetProperty("message");
        if (Wrong(message) is { } field)
        {
            return Error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", field);
        }
        if (Unregistered.ContainsKey(message.GetProperty("token").GetString()!))
        {
            return Error(404, "NOT_FOUND", "UNREGISTERED");
        }
        var reply = Reply();
        if (reply.RetryAfter is not null)
        {
            context.Response.Headers.RetryAfter = reply.RetryAfter;
        }
        if (reply.Status != 200)
        {
            return Error(reply.Status, reply.Error ?? "UNKNOWN", reply.Error);
        }
        _taken.Enqueue(message);
        return Results.Json(new { name = string.Create(CultureInfo.InvariantCulture, $"projects/{Project}/messages/{_taken.Count}") });
    }

    /// <summary>The field that the reference does not allow so.</summary>
    private static string? Wrong(JsonElement message)
    {
        if (message.EnumerateObject().FirstOrDefault(p => p.Name is not ("token" or "data" or "android")) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            return "message." + unknown.Name;
        }
        if (!message.TryGetProperty("token", out var token) || token.GetString() is not { Length: >= 20 })
        {
            return "message.token";
        }
        var bytes = 0;
        foreach (var data in message.GetProperty("data").EnumerateObject())
        {
            if (data.Value.ValueKind != JsonValueKind.String || data.Name is "from" or "message_type" || data.Name.StartsWith("google", StringComparison.Ordinal) || data.Name.StartsWith("gcm", StringComparison.Ordinal))
            {
                return "message.data";
            }
            bytes += Encoding.UTF8.GetByteCount(data.Name) + Encoding.UTF8.GetByteCount(data.Value.GetString()!);
        }
        var android = message.GetProperty("android");
        return bytes > 4_096 ? "message.data"
            : android.GetProperty("priority").GetString() is not ("NORMAL" or "HIGH") ? "message.android.priority"
            : !Duration().IsMatch(android.GetProperty("ttl").GetString()!) ? "message.android.ttl"
            : null;
    }

    private static IResult Error(int status, string word, string? code = null, string? field = null)
    {
        var details = new List<object>();
        if (code is not null)
        {
            details.Add(new Dictionary<string, object>(StringComparer.Ordinal) { ["@type"] = "type.googleapis.com/google.firebase.fcm.v1.FcmError", ["errorCode"] = code });
        }
        if (field is not null)
        {
            details.Add(new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["@type"] = "type.googleapis.com/google.rpc.BadRequest",
                ["fieldViolations"] = new[] { new { field, description = "wrong" } },
            });
        }
        return Results.Json(new { error = new { code = status, message = "wrong", status = word, details } }, statusCode: status);
    }

    [GeneratedRegex(@"\A\d{1,7}(?:\.\d{1,9})?s\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Duration();
}
