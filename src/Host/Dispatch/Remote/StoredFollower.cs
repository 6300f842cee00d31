using MediatR;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>
/// In a process without Messaging: asks one that has it what happens in the log, and publishes it here as that one does there: in order, and each once. When that
/// one is gone, or a new one is nearer, another goes on from the same place. When something may have been missed, connections sync again.
/// </summary>
internal sealed partial class StoredFollower(IMediator mediator, TimeProvider time, ILogger<StoredFollower> logger) : BackgroundService
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20), Pause = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Guid? tailId = null;
        var after = 0L;
        // How far it is; that again for one that does not know who asks; and up to where that one may tell it again.
        HeardTo? heard = null, offered = null;
        long[]? known = null;
        var isAway = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var tail = await mediator.Send(new FollowStored(tailId, after, Wait, offered), stoppingToken);
                if (isAway)
                {
                    isAway = false;
                    Log.Back(logger);
                }
                if (tail.IsReset && offered is null && heard is not null)
                {
                    offered = heard;
                    continue;
                }
                offered = null;
                if (tail.IsReset)
                {
                    (heard, known) = (tail.Begins, null);
                    await mediator.Publish(new LogReopened(heard?.Positions), stoppingToken);
                }
                else if (tail.TailId != tailId)
                {
                    known = [.. heard!.Positions];
                }
                foreach (var stored in tail.Events)
                {
                    if (known is not null && stored.Position <= known[stored.Shard])
                    {
                        continue;
                    }
                    await mediator.Publish(stored, stoppingToken);
                    heard?.Positions[stored.Shard] = stored.Position;
                }
                (tailId, after) = (tail.TailId, tail.Last);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (!isAway)
                {
                    isAway = true;
                    Log.Away(logger, e.Message);
                }
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1250, LogLevel.Warning, "What happens in the log is not heard now: {Reason}")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(1251, LogLevel.Information, "What happens in the log is heard again")]
        public static partial void Back(ILogger logger);
    }
}
