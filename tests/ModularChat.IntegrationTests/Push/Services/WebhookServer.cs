using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ModularChat.IntegrationTests.Push.Services;

/// <summary>A receiver of webhooks on loopback that holds to Standard Webhooks 1.0.0: it takes what is signed with its secret, lately, and not twice.</summary>
internal sealed class WebhookServer : IAsyncDisposable
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, JsonElement> _taken = new(StringComparer.Ordinal);
    private int _asked, _wrong;

    private WebhookServer(WebApplication app, TimeProvider time) => (_app, _time) = (app, time);

    public string Url => _app.Urls.First() + "/hook";

    public string Secret => "whsec_" + Convert.ToBase64String(_secret);

    public JsonElement[] Taken => [.. _taken.Values];

    public int Asked => _asked;

    /// <summary>How many were not signed as they should be.</summary>
    public int Wrong => _wrong;

    /// <summary>The status of what is right.</summary>
    public Func<int> Reply { get; set; } = () => 204;

    public static async Task<WebhookServer> StartAsync(TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new WebhookServer(app, time ?? TimeProvider.System);
        app.MapPost("/hook", server.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private async Task<IResult> TakeAsync(HttpContext context, CancellationToken token)
    {
        Interlocked.Increment(ref _asked);
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(token);
        var headers = context.Request.Headers;
        var (id, at) = (headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString());
        var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{id}.{at}.{body}")));
        var isFresh = long.TryParse(at, System.Globalization.CultureInfo.InvariantCulture, out var seconds)
            && (_time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() < Tolerance;
        if (id.Length == 0 || !isFresh || !headers["webhook-signature"].ToString().Split(' ').Contains(expected, StringComparer.Ordinal))
        {
            Interlocked.Increment(ref _wrong);
            return Results.StatusCode(400);
        }
        var status = Reply();
        if (status is >= 200 and < 300)
        {
            _taken[id] = JsonDocument.Parse(body).RootElement;
        }
        return Results.StatusCode(status);
    }
}
