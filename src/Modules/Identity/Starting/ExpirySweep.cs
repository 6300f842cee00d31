using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Starting;

/// <summary>Once an hour: sessions that ran out end, so that their connections close, old codes go, and the last use of what fell silent is written down.</summary>
internal sealed partial class ExpirySweep(IServiceScopeFactory scopes, TimeProvider time, ILogger<ExpirySweep> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    public async Task SweepAsync(CancellationToken token)
    {
        await using var scope = scopes.CreateAsyncScope();
        var store = scope.ServiceProvider.GetRequiredService<IdentityStore>();
        var changes = scope.ServiceProvider.GetRequiredService<Changes>();
        var now = time.GetUtcNow();
        await store.WriteAsync(Scope.Directory, work => work.Directory.Codes.Where(code => code.ExpiresAt <= now).ExecuteDeleteAsync(token), token);
        await scope.ServiceProvider.GetRequiredService<LastSeen>().WriteSilentAsync(now, token);
        var users = await store.ReadAllAsync(
            db => db.Sessions.Where(session => session.ExpiresAt <= now).Select(session => session.UserId).Distinct().ToListAsync(token), token);
        foreach (var userId in users)
        {
            await changes.MakeAsync(
                Scope.Of(userId), (work, events) => SessionIssue.EndAsync(work.Of(userId), userId, session => session.ExpiresAt <= now, events, token), token);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1202, LogLevel.Error, "Expired sessions could not be removed; the next attempt is in an hour")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}
