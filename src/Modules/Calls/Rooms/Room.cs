using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Rooms;

/// <summary>A participant's way into the mixer.</summary>
/// <param name="Handle">The mixer's name for it.</param>
/// <param name="Number">Who it is in the mixer's room.</param>
internal sealed record Line(long Handle, long Number);

/// <summary>Where a room is mixed.</summary>
/// <param name="Url">The mixer's API.</param>
/// <param name="Session">Our session there, which has the lines.</param>
/// <param name="Control">The handle in it by which we manage the mixer's room.</param>
/// <param name="Number">The mixer's room.</param>
/// <param name="OwnerId">The process that listens to the session; null: none yet.</param>
/// <param name="OwnerUntil">The clock at which that one counts as gone.</param>
internal sealed record MixerPlace(string Url, long Session, long Control, long Number, Guid? OwnerId = null, long OwnerUntil = 0);

/// <summary>Somebody in a room.</summary>
/// <param name="UserId">Who.</param>
/// <param name="LegId">The end, made by the device.</param>
/// <param name="SessionId">The session behind it, whose end is the end of it.</param>
/// <param name="JoinedAt">Since when.</param>
/// <param name="Until">The clock at which it counts as gone, unless it says before that it is there.</param>
internal sealed record Participant(Guid UserId, Guid LegId, Guid? SessionId, DateTimeOffset JoinedAt, long Until)
{
    public bool IsMuted { get; init; }

    public bool IsDeafened { get; init; }

    public bool IsSpeaking { get; init; }

    public bool IsSilenced { get; init; }

    /// <summary>Its line to the mixer in this epoch; null while it has none.</summary>
    public Line? Line { get; init; }

    public RoomParticipant ToInfo() => new(UserId, LegId, JoinedAt, IsMuted, IsDeafened, IsSpeaking, IsSilenced);
}

/// <summary>The voice room of a conversation. Never changed: <see cref="RoomRules"/> makes the next one of it.</summary>
internal sealed record Room
{
    public required Guid ConversationId { get; init; }

    public required Guid Id { get; init; }

    /// <summary>Who began it, and stands behind its entries.</summary>
    public required Guid StarterId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The clock at which it began.</summary>
    public required long Started { get; init; }

    /// <summary>Rises with each change that members are told of.</summary>
    public required long Version { get; init; }

    /// <summary>Rises when all peer connections have to be made anew.</summary>
    public required long Epoch { get; init; }

    /// <summary>In the order in which they came. None: it is over.</summary>
    public required Participant[] Participants { get; init; }

    /// <summary>Where it is mixed; null: a mesh.</summary>
    public MixerPlace? Mixer { get; init; }

    /// <summary>The clock at which it was over.</summary>
    public long Ended { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The last who was in it.</summary>
    public Guid LastId { get; init; }

    /// <summary>Its end is in the conversation.</summary>
    public bool IsRecorded { get; init; }

    public bool IsLive => Participants.Length > 0;

    public RoomMode Mode => Mixer is null ? RoomMode.Mesh : RoomMode.Mixed;

    public Participant? Find(Guid userId) => Array.Find(Participants, one => one.UserId == userId);

    public Participant? FindLeg(Guid legId) => Array.Find(Participants, one => one.LegId == legId);

    public RoomInfo ToInfo() => new(ConversationId, Id, Mode, Epoch, Version, StartedAt, [.. Participants.Select(one => one.ToInfo())], EndedAt);
}
