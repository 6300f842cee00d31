using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModularChat.Calls.Storage;

namespace ModularChat.Calls.Calling;

/// <summary>Once a second: ends what the clock has ended, so that nothing rings for ever, and writes ends into conversations that could not be written at once.</summary>
internal sealed partial class CallLoop(ICallBoard board, CallFlow flow, TimeProvider time, ILogger<CallLoop> logger) : BackgroundService
{
    private const int AtOnce = 500;

    /// <summary>Who has ended a call writes it down; only when that has failed somebody else does.</summary>
    private const long RecordAfter = 5_000;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await TickAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    internal async Task TickAsync(CancellationToken token)
    {
        var now = board.Clock;
        foreach (var call in await board.DueAsync(now, now - RecordAfter, AtOnce, token))
        {
            if (call.IsLive)
            {
                await flow.EndAsync(call, static (call, _) => call, token);
            }
            else
            {
                await flow.RecordAsync(call, token);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5002, LogLevel.Error, "Ending calls that are due failed")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}
