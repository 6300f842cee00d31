using ModularChat.Calls.Calling;
using ModularChat.Contracts;

namespace ModularChat.Calls.Rooms;

/// <summary>
/// What becomes of a room, by what happens. Gives the same room when nothing has to change, and throws <see cref="ChatException"/> to refuse. Whoever calls
/// these has looked at the clock before (<see cref="Look"/>), and knows that the user is a member of the group.
/// </summary>
internal static class RoomRules
{
    /// <summary>The first comes.</summary>
    public static Room Begin(Guid conversationId, Guid roomId, Participant first, MixerPlace? mixer, Moment now, long version) => new()
    {
        ConversationId = conversationId,
        Id = roomId,
        StarterId = first.UserId,
        StartedAt = now.Time,
        Started = now.Clock,
        Version = version,
        Epoch = 1,
        Participants = [first],
        Mixer = mixer,
    };

    /// <summary>One more comes, or the same with another end. Whether there is room, and a mixer where one is needed, was judged before.</summary>
    public static Room Join(Room room, Participant participant)
    {
        if (room.Find(participant.UserId) is { } earlier)
        {
            return earlier.LegId == participant.LegId
                ? room
                : Changed(room, [.. room.Participants.Where(one => one.UserId != participant.UserId), participant with { IsSilenced = earlier.IsSilenced }]);
        }
        if (room.FindLeg(participant.LegId) is not null)
        {
            throw new ChatException(ProblemCodes.IdReused, "This legId is of another end.") { Field = "legId" };
        }
        return Changed(room, [.. room.Participants, participant]);
    }

    /// <summary>How many there would be with one who comes.</summary>
    public static int CountWith(Room? room, Guid userId) => room is null ? 1 : room.Participants.Length + (room.Find(userId) is null ? 1 : 0);

    /// <summary>An end leaves.</summary>
    public static Room Leave(Room room, Guid userId, Guid legId, Moment now) => Without(room, one => one.UserId == userId && one.LegId == legId, now);

    /// <summary>Takes out who is no member of the group any longer.</summary>
    public static Room Keep(Room room, Guid[] members, Moment now) => Without(room, one => Array.IndexOf(members, one.UserId) < 0, now);

    /// <summary>Takes out those who have left the group or were put out of it.</summary>
    public static Room PutOut(Room room, Guid[] userIds, Moment now) => Without(room, one => Array.IndexOf(userIds, one.UserId) >= 0, now);

    /// <summary>Takes out an end whose session is over.</summary>
    public static Room SignOut(Room room, Guid sessionId, Moment now) => Without(room, one => one.SessionId == sessionId, now);

    /// <summary>Takes out whom the clock has taken out.</summary>
    public static Room Look(Room room, Moment now) => Without(room, one => now.Clock >= one.Until, now);

    /// <summary>An end is still there, and says how. What is null stays.</summary>
    public static Room Renew(Room room, Guid userId, Guid legId, long until, bool? isMuted, bool? isDeafened, bool? isSpeaking)
    {
        var old = Require(room, userId, legId);
        var muted = isMuted ?? old.IsMuted;
        var next = old with
        {
            Until = Math.Max(until, old.Until),
            IsMuted = muted,
            IsDeafened = isDeafened ?? old.IsDeafened,
            IsSpeaking = !muted && !old.IsSilenced && (isSpeaking ?? old.IsSpeaking),
        };
        return next == old ? room : Put(room, next, isShown: next.ToInfo() != old.ToInfo());
    }

    /// <summary>Takes the word from somebody, or gives it back.</summary>
    public static Room Silence(Room room, Guid userId, bool isSilenced)
    {
        var old = room.Find(userId) ?? throw new ChatException(ProblemCodes.NotFound, "This user is not in the room.") { Field = "userId" };
        return old.IsSilenced == isSilenced ? room : Put(room, old with { IsSilenced = isSilenced, IsSpeaking = old.IsSpeaking && !isSilenced }, isShown: true);
    }

    /// <summary>Lets an end tell something; gives it, and whom it tells: null is the mixer.</summary>
    public static (Participant From, Participant? To) Signal(Room room, Guid userId, Guid legId, Guid? to, long epoch)
    {
        var from = Require(room, userId, legId);
        if (epoch != room.Epoch)
        {
            throw new ChatException(ProblemCodes.Conflict, "The signal is of another epoch: read the room.") { Field = "epoch" };
        }
        if (to is null)
        {
            return room.Mixer is not null ? (from, null) : throw ChatException.Invalid("to", "A mesh has no mixer: to names an end.");
        }
        if (room.Mixer is not null)
        {
            throw ChatException.Invalid("to", "The room is mixed: signals go to the mixer, without to.");
        }
        return to != legId && room.FindLeg(to.Value) is { } other ? (from, other) : throw new ChatException(ProblemCodes.NotFound, "No such end is in the room.") { Field = "to" };
    }

    /// <summary>Moves a room to a mixer, or to another one: everybody's peer connections are made anew.</summary>
    public static Room Mix(Room room, MixerPlace place) => room with
    {
        Mixer = place,
        Epoch = room.Epoch + 1,
        Version = room.Version + 1,
        Participants = Array.ConvertAll(room.Participants, one => one with { Line = null }),
    };

    /// <summary>Notes a participant's line to the mixer, or that it has none.</summary>
    public static Room Connect(Room room, Guid legId, Line? line) => room.FindLeg(legId) is { } one && one.Line != line ? Put(room, one with { Line = line }, isShown: false) : room;

    /// <summary>How long it lasted.</summary>
    public static long Seconds(Room room) => Math.Max(0, (room.Ended - room.Started) / 1_000);

    private static Participant Require(Room room, Guid userId, Guid legId) =>
        room.Find(userId) is { } one && one.LegId == legId ? one : throw new ChatException(ProblemCodes.NotFound, "This end is not in the room.") { Field = "legId" };

    private static Room Put(Room room, Participant next, bool isShown) => room with
    {
        Participants = Array.ConvertAll(room.Participants, one => one.LegId == next.LegId ? next : one),
        Version = room.Version + (isShown ? 1 : 0),
    };

    private static Room Without(Room room, Predicate<Participant> isOut, Moment now)
    {
        if (!Array.Exists(room.Participants, isOut))
        {
            return room;
        }
        var left = Array.FindAll(room.Participants, one => !isOut(one));
        var next = Changed(room, left);
        return left.Length > 0 ? next : next with { Ended = now.Clock, EndedAt = now.Time, LastId = room.Participants[^1].UserId };
    }

    private static Room Changed(Room room, Participant[] participants) => room with { Participants = participants, Version = room.Version + 1 };
}
