using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ModularChat.Notifications.Following;

/// <summary>Runs the consumer as long as the process runs. A failure delays it and loses nothing: it reads on from the same checkpoints.</summary>
internal sealed partial class FeedLoop(FeedReader reader, FeedSignal signal, TimeProvider time, ILogger<FeedLoop> logger) : BackgroundService
{
    // What comes close together is read and decided together. Whom a push is for has been away for seconds anyway.
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(150), Idle = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await reader.RoundAsync(stoppingToken))
                {
                    continue;
                }
                await signal.WaitAsync(Idle, time, stoppingToken);
                await Task.Delay(Together, TimeProvider.System, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (LostShardException e)
            {
                Log.Lost(logger, e.Message);
                reader.Forget();
            }
            catch (Exception e)
            {
                Log.Failed(logger, e);
                reader.Forget();
                await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
            }
        }
        await StopReaderAsync();
    }

    private async Task StopReaderAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        try
        {
            await reader.StopAsync(limit.Token);
        }
        catch (Exception e)
        {
            // Another node waits for the leases to run out, and reads some of it again.
            Log.NotReleased(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7011, LogLevel.Information, "{What}")]
        public static partial void Lost(ILogger logger, string what);

        [LoggerMessage(7012, LogLevel.Warning, "Deciding on pushes failed; it goes on from the same place in a second")]
        public static partial void Failed(ILogger logger, Exception e);

        [LoggerMessage(7013, LogLevel.Information, "The shards of this node could not be released; another takes them when they have run out")]
        public static partial void NotReleased(ILogger logger, Exception e);
    }
}
