using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModularChat.Presence.People;

namespace ModularChat.Presence.Watching;

/// <summary>Ticks once a second, so that what changes back within it is never told; and notes at the end who was there.</summary>
internal sealed partial class FanOutLoop(FanOut fanOut, PeopleBook people, TimeProvider time, ILogger<FanOutLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Opens the store: one that cannot be used has to stop the start.
        await people.GetAsync([Guid.Empty], cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await fanOut.LeaveAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await fanOut.TickAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4002, LogLevel.Error, "Telling changes of presence failed")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}
