using ModularChat.Calls.Rooms;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Mixing;

/// <summary>Hands what a participant tells to the mixer. The line is made with the first offer.</summary>
internal sealed class MixerLines(IMixer mixer, RoomFlow flow, ICallBoard clock)
{
    public async Task SignalAsync(Room room, Participant from, CallSignal signal, CancellationToken token)
    {
        try
        {
            await HandAsync(room, from, signal, token);
        }
        catch (MixerLostException e) when (e.What == MixerLoss.Line)
        {
            // Detached meanwhile: the next offer makes a new line.
            await ConnectAsync(room, from.LegId, null, token);
            throw Again(e);
        }
        catch (MixerLostException e) when (e.What == MixerLoss.Refused)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, e.Message, e) { Field = "signal" };
        }
        catch (MixerLostException e)
        {
            // Who listens to it notices too, and moves the room.
            throw Again(e);
        }
    }

    private static ChatException Again(Exception e) =>
        new(ProblemCodes.Unavailable, "The mixer does not answer.", e) { RetryAfter = TimeSpan.FromSeconds(1) };

    private async Task HandAsync(Room room, Participant from, CallSignal signal, CancellationToken token)
    {
        var place = room.Mixer!;
        switch (signal.Kind)
        {
            case SignalKind.Offer:
                if (place.OwnerId is null || clock.Clock >= place.OwnerUntil)
                {
                    // Who listened is dead, and nobody has taken its place yet: the answer would go to the poll that it has left at the mixer.
                    await mixer.TakeOverAsync(place, token);
                }
                await mixer.OfferAsync(place, from.Line ?? await MakeAsync(room, from, token), signal.Sdp!, token);
                break;
            case SignalKind.Candidates when from.Line is { } line:
                await mixer.AddCandidatesAsync(place, line, signal.Candidates!, token);
                break;
            case SignalKind.Candidates:
                throw new ChatException(ProblemCodes.Conflict, "Candidates follow an offer.") { RetryAfter = TimeSpan.FromMilliseconds(200) };
            case SignalKind.Restart:
                await ConnectAsync(room, from.LegId, null, token);
                break;
            default:
                throw ChatException.Invalid("signal", "The mixer answers; it is not answered.");
        }
    }

    private async Task<Line> MakeAsync(Room room, Participant from, CancellationToken token)
    {
        var made = await mixer.AttachAsync(room.Mixer!, from.LegId, from.IsSilenced, token);
        var next = await flow.ChangeAsync(
            room.ConversationId,
            (now, _) => now?.Mixer?.Session == room.Mixer!.Session && now.FindLeg(from.LegId) is { Line: null } ? RoomRules.Connect(now, from.LegId, made) : now,
            token);
        if (next?.FindLeg(from.LegId)?.Line is { } line && next.Mixer?.Session == room.Mixer!.Session)
        {
            if (line != made)
            {
                await mixer.DetachAsync(room.Mixer, from.LegId, made, token);
            }
            return line;
        }
        // With the session gone the line is too; else it is taken away.
        if (next?.Mixer?.Session == room.Mixer!.Session)
        {
            await mixer.DetachAsync(room.Mixer, from.LegId, made, token);
        }
        throw new ChatException(ProblemCodes.Conflict, "The room has moved: read it.");
    }

    private Task<Room?> ConnectAsync(Room room, Guid legId, Line? line, CancellationToken token) => flow.ChangeAsync(
        room.ConversationId, (now, _) => now?.Mixer?.Session == room.Mixer!.Session ? RoomRules.Connect(now, legId, line) : now, token);
}
