using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Starting;

/// <summary>Every ten seconds, when accounts lie in several databases: what an interrupted change has left is completed.</summary>
internal sealed partial class RepairLoop(Databases databases, IServiceScopeFactory scopes, TimeProvider time, ILogger<RepairLoop> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (databases.All.Count == 1)
        {
            return;
        }
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                await scope.ServiceProvider.GetRequiredService<Repair>().RunAsync(stoppingToken);
            }
            catch (ChatException e) when (e.Code == ProblemCodes.StorageUnavailable)
            {
                Log.Waiting(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1205, LogLevel.Debug, "A database of accounts is away; interrupted changes wait")]
        public static partial void Waiting(ILogger logger, Exception e);
    }
}
