using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Messaging.Upkeep;

namespace ModularChat.Messaging.Sending;

/// <summary>Forgets client-made ids that are older than any retry, hourly and in steps so small that nobody's message waits for it.</summary>
internal sealed partial class DuplicateSweep(LogAccess access, IOptions<MessagingOptions> options, TimeProvider time, ILogger<DuplicateSweep> logger)
    : BackgroundService
{
    private const int Step = 500;
    private static readonly TimeSpan Between = TimeSpan.FromHours(1), Breath = TimeSpan.FromMilliseconds(100);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.DuplicateDays == 0)
        {
            return;
        }
        while (true)
        {
            await Task.Delay(Between, time, stoppingToken);
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, failure);
            }
        }
    }

    /// <summary>One round, until nothing is left that is old enough.</summary>
    internal async Task SweepAsync(CancellationToken token)
    {
        var before = time.GetUtcNow().AddDays(-options.Value.DuplicateDays);
        while (await access.UseAsync(log => log.ForgetDuplicatesAsync(before, Step, token).AsTask(), token) == Step)
        {
            await Task.Delay(Breath, time, token);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2021, LogLevel.Warning, "Old client-made ids could not be forgotten; it is tried again in an hour")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
