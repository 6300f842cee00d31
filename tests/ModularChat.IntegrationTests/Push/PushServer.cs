using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Push;

/// <summary>What came to a push service.</summary>
/// <param name="Path">The subscription.</param>
/// <param name="Headers">As they came.</param>
/// <param name="Body">The encrypted body.</param>
internal sealed record ReceivedPush(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>How the service answers.</summary>
/// <param name="Status">The status.</param>
/// <param name="RetryAfter">The header of that name.</param>
/// <param name="Delay">Until when it waits with the answer.</param>
internal sealed record PushReply(int Status = 201, string? RetryAfter = null, Task? Delay = null);

/// <summary>A push service on loopback, written from RFC 8030, 8291 and 8292: it refuses what a real one refuses, and keeps what it took.</summary>
internal sealed class PushServer : IAsyncDisposable
{
    /// <summary>What a server needs to send to it.</summary>
    public static readonly string[] Settings = ["Notifications:AllowHttpEndpoints=true", "Notifications:InsideNetworks:0=127.0.0.0/8"];

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedPush> _all = new();
    private readonly ConcurrentQueue<ReceivedPush> _taken = new();

    private PushServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    /// <summary>How it answers what is right; 201 unless a test says otherwise.</summary>
    public Func<ReceivedPush, PushReply> Reply { get; set; } = _ => new PushReply();

    /// <summary>Everything that came, whatever it was answered.</summary>
    public ReceivedPush[] All => [.. _all];

    /// <summary>What was answered with 201.</summary>
    public ReceivedPush[] Taken => [.. _taken];

    public static async Task<PushServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new PushServer(app);
        app.MapPost("/push/{id}", server.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Subscribes a user's device here.</summary>
    public async Task<Subscriber> SubscribeAsync(ChatUser user, string id, string kind = "webpush")
    {
        var device = new PushDevice();
        await user.AskAsync<JsonElement>(HttpMethod.Post, "me/push/subscriptions", new { kind, endpoint = new Uri(Url, $"/push/{id}"), keys = new { p256dh = device.P256dh, auth = device.Auth } });
        return new Subscriber(this, $"/push/{id}", device);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var push = new ReceivedPush(context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
        _all.Enqueue(push);
        if (Wrong(push) is { } wrong)
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync(wrong, context.RequestAborted);
            return;
        }
        var reply = Reply(push);
        await (reply.Delay ?? Task.CompletedTask).WaitAsync(context.RequestAborted);
        if (reply.Status == 201)
        {
            _taken.Enqueue(push);
        }
        if (reply.RetryAfter is not null)
        {
            context.Response.Headers.RetryAfter = reply.RetryAfter;
        }
        context.Response.StatusCode = reply.Status;
    }

    private static string? Wrong(ReceivedPush push) =>
        !push.Headers.TryGetValue("TTL", out var ttl) || !long.TryParse(ttl, CultureInfo.InvariantCulture, out var seconds) || seconds < 0 ? "TTL"
        : push.Headers.GetValueOrDefault("Content-Encoding") != "aes128gcm" ? "Content-Encoding"
        : push.Headers.GetValueOrDefault("Urgency") is not ("very-low" or "low" or "normal" or "high") ? "Urgency"
        : push.Headers.GetValueOrDefault("Topic") is { Length: > 32 } ? "Topic"
        : push.Headers.GetValueOrDefault("Authorization")?.StartsWith("vapid t=", StringComparison.Ordinal) != true ? "Authorization"
        : push.Body.Length > 4096 ? "length"
        : null;
}

/// <summary>A device's subscription.</summary>
internal sealed record Subscriber(PushServer Server, string Path, PushDevice Device)
{
    /// <summary>What it was sent and has taken, decrypted.</summary>
    public JsonElement[] Pushes => [.. Server.Taken.Where(push => push.Path == Path).Select(push => JsonDocument.Parse(Device.Read(push.Body)).RootElement)];

    /// <summary>Waits until it has so many.</summary>
    public async Task<JsonElement[]> WaitAsync(int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (Pushes.Length < count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
        return Pushes;
    }
}
