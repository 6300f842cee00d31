using Microsoft.Extensions.Logging;
using Quartz;

namespace ModularChat.Notifications.Sweeping;

/// <summary>Runs the sweep; of all nodes that share a store on one.</summary>
[DisallowConcurrentExecution]
internal sealed partial class SweepJob(Sweep sweep, ILogger<SweepJob> logger) : IJob
{
    public const string Name = "push-sweep";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await sweep.RunAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7030, LogLevel.Warning, "The tables of notifications could not be swept; it is done again in a minute")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}
