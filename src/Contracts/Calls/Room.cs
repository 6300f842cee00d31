using System.Text.Json.Serialization;

namespace ModularChat.Contracts.Calls;

/// <summary>How those in a voice room hear each other.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RoomMode>))]
public enum RoomMode
{
    /// <summary>A peer connection between each two.</summary>
    [JsonStringEnumMemberName("mesh")] Mesh = 0,
    /// <summary>Each has one peer connection, with a mixer.</summary>
    [JsonStringEnumMemberName("mixed")] Mixed = 1,
}

/// <summary>The voice room of a conversation, as its members may see it.</summary>
/// <param name="ConversationId">The conversation: it has one room at most.</param>
/// <param name="Id">The room, from the first who joins to the last who leaves.</param>
/// <param name="Mode">How those in it hear each other.</param>
/// <param name="Epoch">Rises when all peer connections have to be made anew: the room moved to a mixer, or to another one.</param>
/// <param name="Version">Rises with every change, over all rooms of the conversation; of two copies the one with the higher version holds.</param>
/// <param name="StartedAt">When the first joined.</param>
/// <param name="Participants">Who is in, in the order in which they came; none: the room is over.</param>
/// <param name="EndedAt">When the last left.</param>
public sealed record RoomInfo(
    Guid ConversationId, Guid Id, RoomMode Mode, long Epoch, long Version, DateTimeOffset StartedAt, RoomParticipant[] Participants, DateTimeOffset? EndedAt = null);

/// <summary>Somebody in a voice room. A user is in it with one end.</summary>
/// <param name="UserId">Who.</param>
/// <param name="LegId">The end.</param>
/// <param name="JoinedAt">Since when.</param>
/// <param name="Muted">Says nothing: the own microphone is off.</param>
/// <param name="Deafened">Hears nothing.</param>
/// <param name="Speaking">Speaks now, as the end says of itself.</param>
/// <param name="Silenced">An administrator of the group has taken the word from them: nobody plays what they send, and a mixer leaves it out.</param>
public sealed record RoomParticipant(Guid UserId, Guid LegId, DateTimeOffset JoinedAt, bool Muted, bool Deafened, bool Speaking, bool Silenced);

/// <summary>A voice room with what the media of one who is in it need.</summary>
/// <param name="Room">The room.</param>
/// <param name="Ice">How the others, or the mixer, are reached; absent in what everybody is told.</param>
public sealed record RoomAnswer(RoomInfo Room, IceInfo? Ice = null);

/// <summary>What somebody in a room was told by another, or by the mixer.</summary>
/// <param name="Number">Rising within the room.</param>
/// <param name="Epoch">The epoch it belongs to.</param>
/// <param name="From">The end that tells it; absent: the mixer.</param>
/// <param name="Signal">What.</param>
public sealed record RoomSignal(long Number, long Epoch, Guid? From, CallSignal Signal);

/// <summary>A voice room as one of those in it, or a member, sees it.</summary>
/// <param name="Room">The room; absent when nobody is in.</param>
/// <param name="Signals">What the asked end was told, in order; what a newer description made old is left out.</param>
public sealed record RoomView(RoomInfo? Room, RoomSignal[] Signals);
