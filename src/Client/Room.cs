using System.Text.Json.Serialization;
using ModularChat.Client.Wire;

namespace ModularChat.Client;

/// <summary>How those in a voice room hear each other.</summary>
[JsonConverter(typeof(RoomModeConverter))]
public enum RoomMode
{
    /// <summary>A way that a newer server knows.</summary>
    Unknown = 0,
    /// <summary>A peer connection between each two; of two, who stands later in <see cref="Room.Participants"/> offers.</summary>
    Mesh,
    /// <summary>Each has one peer connection, with the mixer, and offers.</summary>
    Mixed,
}

/// <summary>The voice room of a group, from the first who joins to the last who leaves. Of two copies the one with the higher version holds.</summary>
/// <param name="ConversationId">The group.</param>
/// <param name="Id">The room.</param>
/// <param name="Mode">How those in it hear each other.</param>
/// <param name="Epoch">Rises when all peer connections have to be made anew.</param>
/// <param name="Version">Rises with every change, over all rooms of the group.</param>
/// <param name="StartedAt">When the first joined.</param>
/// <param name="Participants">Who is in, in the order in which they came; none: it is over.</param>
/// <param name="EndedAt">When the last left.</param>
public sealed record Room(
    Guid ConversationId, Guid Id, RoomMode Mode, long Epoch, long Version, DateTimeOffset StartedAt, IReadOnlyList<RoomParticipant> Participants, DateTimeOffset? EndedAt = null);

/// <summary>Somebody in a voice room. A user is in it with one end.</summary>
/// <param name="UserId">Who.</param>
/// <param name="LegId">The end.</param>
/// <param name="JoinedAt">Since when.</param>
/// <param name="Muted">Says nothing: the own microphone is off.</param>
/// <param name="Deafened">Hears nothing.</param>
/// <param name="Speaking">Speaks now, as the end says of itself.</param>
/// <param name="Silenced">An administrator of the group has taken the word from them: play nothing of what they send. A mixer leaves it out.</param>
public sealed record RoomParticipant(Guid UserId, Guid LegId, DateTimeOffset JoinedAt, bool Muted, bool Deafened, bool Speaking, bool Silenced);

/// <summary>A room with what the media of one who is in it need.</summary>
/// <param name="Room">The room.</param>
/// <param name="Ice">How peer connections are made.</param>
public sealed record RoomAnswer(Room Room, IceInfo? Ice = null);

/// <summary>What an end was told by another, or by the mixer.</summary>
/// <param name="Number">Rising within the room.</param>
/// <param name="Epoch">To which of the room's epochs it belongs; of another one than the room's now it is too late.</param>
/// <param name="From">The end that tells it; null: the mixer.</param>
/// <param name="Signal">What.</param>
public sealed record RoomSignal(long Number, long Epoch, Guid? From, CallSignal Signal);

/// <summary>A room, and what an end in it was told.</summary>
/// <param name="Room">The room; null when nobody is in.</param>
/// <param name="Signals">In order.</param>
public sealed record RoomView(Room? Room, IReadOnlyList<RoomSignal> Signals);
