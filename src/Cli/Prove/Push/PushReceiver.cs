using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ModularChat.Cli.Prove.Push;

/// <summary>
/// A push service on loopback: takes signed webhooks, which say in clear what they are about. It has moods: it answers late, refuses for a while, or takes a push and never says so.
/// A push that it did not confirm does not count as taken.
/// </summary>
internal sealed class PushReceiver : IAsyncDisposable
{
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly WebApplication _app;
    private readonly PushLedger _ledger;
    private readonly Lock _gate = new();
    private readonly Random _random;
    private int _unsigned;

    private PushReceiver(WebApplication app, PushLedger ledger, Random random) => (_app, _ledger, _random) = (app, ledger, random);

    public Uri Url => new(_app.Urls.First());

    public string Secret => "whsec_" + Convert.ToBase64String(_secret);

    /// <summary>How many came that were not signed with the secret.</summary>
    public int Unsigned => Volatile.Read(ref _unsigned);

    /// <summary>From now on it takes everything at once.</summary>
    public bool IsCalm { get; set; }

    public static async Task<PushReceiver> StartAsync(PushLedger ledger, Random random, CancellationToken token)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new PushReceiver(app, ledger, random);
        app.MapPost("/{user:guid}", receiver.TakeAsync);
        await app.StartAsync(token);
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
    }

    private async Task<IResult> TakeAsync(Guid user, HttpContext context, CancellationToken token)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(token);
        var headers = context.Request.Headers;
        var signature = "v1," + Convert.ToBase64String(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{body}")));
        if (headers["webhook-signature"] != signature)
        {
            Interlocked.Increment(ref _unsigned);
            return Results.StatusCode(StatusCodes.Status401Unauthorized);
        }
        var (mood, wait) = Draw();
        await Task.Delay(wait, TimeProvider.System, token);
        if (mood < 0.05)
        {
            return Results.StatusCode(StatusCodes.Status500InternalServerError);
        }
        using var json = JsonDocument.Parse(body);
        var data = json.RootElement.GetProperty("data");
        _ledger.Took(Guid.Parse(headers["webhook-id"].ToString(), CultureInfo.InvariantCulture), user, data.GetProperty("conversationId").GetGuid(), data.GetProperty("seq").GetInt64());
        // Taken; but the answer may come too late for a server that is killed meanwhile.
        await Task.Delay(wait, TimeProvider.System, token);
        return Results.NoContent();
    }

    private (double Mood, TimeSpan Wait) Draw()
    {
        lock (_gate)
        {
            var (mood, wait) = (_random.NextDouble(), TimeSpan.FromMilliseconds(_random.Next(0, 40)));
            return IsCalm ? (1, TimeSpan.Zero) : (mood, wait);
        }
    }
}
