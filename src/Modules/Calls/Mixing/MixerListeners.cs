using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.Logging;
using ModularChat.Calls.Rooms;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Mixing;

/// <summary>Listens to the mixers' rooms that are this process's to listen to, hands on what they tell, and moves a room whose mixer is lost.</summary>
internal sealed partial class MixerListeners(
    IMixer mixer, IRoomBoard board, RoomFlow flow, MixerDesk desk, IMediator mediator, TimeProvider time, ILogger<MixerListeners> logger)
{
    /// <summary>For how long a mixer that cannot be reached may come back with everything as it was.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<(string Url, long Session), Guid> _heard = new();

    /// <summary>Begins to listen to a room's mixer, unless that is done already.</summary>
    public void Ensure(Room room, CancellationToken stopping)
    {
        if (room.Mixer is { } place && place.OwnerId == desk.Self && _heard.TryAdd((place.Url, place.Session), room.ConversationId))
        {
            _ = ListenAsync(room.ConversationId, place, stopping);
        }
    }

    /// <summary>Before this process says that it listens: what the mixer tells from then on reaches it.</summary>
    public async Task TakeOverAsync(MixerPlace place, CancellationToken token)
    {
        try
        {
            await mixer.TakeOverAsync(place, token);
        }
        catch (MixerLostException)
        {
            // Listening notices it too, and moves the room.
        }
    }

    private async Task ListenAsync(Guid conversationId, MixerPlace place, CancellationToken token)
    {
        await Task.Yield();
        long? lost = null;
        var isTaken = false;
        try
        {
            while (await IsOursAsync(conversationId, place, token))
            {
                try
                {
                    if (!isTaken)
                    {
                        await mixer.TakeOverAsync(place, token);
                        isTaken = true;
                    }
                    foreach (var happened in await mixer.ListenAsync(place, token))
                    {
                        await HandleAsync(conversationId, place, happened, token);
                    }
                    lost = null;
                }
                catch (MixerLostException e)
                {
                    lost ??= time.GetTimestamp();
                    if (e.What == MixerLoss.Reach && time.GetElapsedTime(lost.Value) < Patience)
                    {
                        await Task.Delay(Again, time, token);
                    }
                    else
                    {
                        Log.Lost(logger, place.Url, e.Message);
                        await MoveAsync(conversationId, place, token);
                    }
                }
                catch (Exception e) when (!token.IsCancellationRequested)
                {
                    Log.Failed(logger, e);
                    await Task.Delay(Again, time, token);
                }
            }
        }
        catch (Exception e)
        {
            // The board is away, or this process stops: the next look of the loop begins anew.
            if (!token.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
        finally
        {
            _heard.TryRemove((place.Url, place.Session), out _);
        }
    }

    private async Task<bool> IsOursAsync(Guid conversationId, MixerPlace place, CancellationToken token) =>
        !token.IsCancellationRequested && await board.FindAsync(conversationId, token) is { IsLive: true, Mixer: { } now } && now.Session == place.Session && now.OwnerId == desk.Self;

    private async Task HandleAsync(Guid conversationId, MixerPlace place, MixerEvent happened, CancellationToken token)
    {
        if (happened.Kind == MixerEventKind.NoRoom)
        {
            throw new MixerLostException(MixerLoss.Session, "The mixer does not know the room.");
        }
        var room = await board.FindAsync(conversationId, token);
        if (room?.Mixer?.Session != place.Session || Array.Find(room.Participants, one => one.Line?.Handle == happened.Handle) is not { } participant)
        {
            return;
        }
        switch (happened.Kind)
        {
            case MixerEventKind.Answer:
                await TellAsync(room, participant, new CallSignal(SignalKind.Answer, happened.Sdp), token);
                break;
            case MixerEventKind.Candidates:
                await TellAsync(room, participant, new CallSignal(SignalKind.Candidates, Candidates: happened.Candidates), token);
                break;
            default:
                Log.LineLost(logger, place.Url, happened.Reason ?? "no reason");
                await flow.ChangeAsync(conversationId, (now, _) => now?.Mixer?.Session == place.Session ? RoomRules.Connect(now, participant.LegId, null) : now, token);
                if (happened.Kind == MixerEventKind.Lost)
                {
                    await TellAsync(room, participant, new CallSignal(SignalKind.Restart), token);
                }
                break;
        }
    }

    private async Task TellAsync(Room room, Participant to, CallSignal signal, CancellationToken token)
    {
        if (await board.AddSignalAsync(room, null, to.LegId, signal, int.MaxValue, token) is { } number)
        {
            await mediator.Publish(new RoomSignalled(room.ConversationId, to.UserId, to.LegId, new RoomSignal(number, room.Epoch, null, signal)), token);
        }
    }

    private async Task MoveAsync(Guid conversationId, MixerPlace place, CancellationToken token)
    {
        MixerPlace made;
        try
        {
            made = await desk.OpenAsync(null, token);
        }
        catch (ChatException)
        {
            await Task.Delay(Again, time, token);
            return;
        }
        var next = await flow.ChangeAsync(conversationId, (room, _) => room?.Mixer?.Session == place.Session ? RoomRules.Mix(room, made) : room, token);
        if (next?.Mixer?.Session != made.Session)
        {
            desk.Close(made);
        }
        else
        {
            Log.Moved(logger, next.Id, made.Url);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5023, LogLevel.Warning, "The mixer {Url} is lost: {Reason}")]
        public static partial void Lost(ILogger logger, string url, string reason);

        [LoggerMessage(5024, LogLevel.Information, "Voice room {Room} goes on at the mixer {Url}")]
        public static partial void Moved(ILogger logger, Guid room, string url);

        [LoggerMessage(5025, LogLevel.Information, "A line to the mixer {Url} ended: {Reason}")]
        public static partial void LineLost(ILogger logger, string url, string reason);

        [LoggerMessage(5026, LogLevel.Error, "Listening to a mixer failed")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}
