using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModularChat.Calls.Calling;
using ModularChat.Calls.Mixing;
using ModularChat.Calls.Storage;

namespace ModularChat.Calls.Rooms;

/// <summary>Once a second: takes out whom the clock has taken out, sees to it that somebody listens to each mixer, and writes ends into conversations that could not be written at once.</summary>
internal sealed partial class RoomLoop(
    IRoomBoard board, ICallBoard clock, RoomFlow flow, Departures departures, MixerDesk desk, MixerListeners listeners, TimeProvider time, ILogger<RoomLoop> logger) : BackgroundService
{
    private const int AtOnce = 500, SweepEach = 60;

    /// <summary>Who has ended a room writes it down; only when that has failed somebody else does.</summary>
    private const long RecordAfter = 5_000;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(TickAsync(stoppingToken), HearAsync(stoppingToken), DepartAsync(stoppingToken));

    internal async Task LookAsync(CancellationToken token)
    {
        var now = clock.Clock;
        foreach (var room in await board.DueAsync(now, now - RecordAfter, AtOnce, token))
        {
            if (!room.IsLive)
            {
                await flow.RecordAsync(room, token);
            }
            else
            {
                if (room.Mixer is { } mixer && mixer.OwnerId != desk.Self && now >= mixer.OwnerUntil)
                {
                    await listeners.TakeOverAsync(mixer, token);
                }
                if (await flow.ChangeAsync(room.ConversationId, Own, token) is { } next)
                {
                    listeners.Ensure(next, token);
                }
            }
        }
    }

    /// <summary>Takes those out of rooms who are no longer in the group.</summary>
    internal async Task PutOutAsync(CancellationToken token)
    {
        while (departures.TryTake(out var departure))
        {
            await flow.ChangeAsync(departure.ConversationId, (room, now) => room is null ? null : RoomRules.PutOut(room, departure.UserIds, now), token);
        }
    }

    private async Task TickAsync(CancellationToken token)
    {
        using var timer = new PeriodicTimer(Period, time);
        for (var tick = 1; await timer.WaitForNextTickAsync(token); tick++)
        {
            try
            {
                await LookAsync(token);
                if (tick % SweepEach == 0)
                {
                    await desk.SweepAsync(token);
                }
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private async Task DepartAsync(CancellationToken token)
    {
        while (await departures.WaitAsync(token))
        {
            try
            {
                await PutOutAsync(token);
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    /// <summary>Without waiting for the next look: somebody waits for an answer of the mixer.</summary>
    private async Task HearAsync(CancellationToken token)
    {
        await foreach (var room in desk.Opened.ReadAllAsync(token))
        {
            listeners.Ensure(room, token);
        }
    }

    private Room? Own(Room? room, Moment now) =>
        room?.Mixer is { } mixer && (mixer.OwnerId == desk.Self || now.Clock >= mixer.OwnerUntil) && now.Clock >= Dues.OwnerDue(mixer)
            ? room with { Mixer = mixer with { OwnerId = desk.Self, OwnerUntil = now.Clock + Dues.OwnerFor } }
            : room;

    private static partial class Log
    {
        [LoggerMessage(5012, LogLevel.Error, "Looking at voice rooms failed")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}
