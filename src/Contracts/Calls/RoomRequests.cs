using MediatR;

namespace ModularChat.Contracts.Calls;

/// <summary>Goes into the voice room of a group; the first who does begins it. Another end of the same user is out by that.</summary>
/// <param name="Caller">A member.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="LegId">Made by the device: this end.</param>
/// <param name="Muted">With the microphone off.</param>
/// <param name="Deafened">With the sound off.</param>
public sealed record JoinRoom(Caller Caller, Guid ConversationId, Guid LegId, bool Muted, bool Deafened) : IRequest<RoomAnswer>, IRepeatable;

/// <summary>Leaves the room.</summary>
/// <param name="Caller">Who is in it.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="LegId">The end that leaves.</param>
public sealed record LeaveRoom(Caller Caller, Guid ConversationId, Guid LegId) : IRequest<Unit>, IRepeatable;

/// <summary>Says that an end is still there, and how: what is left out stays.</summary>
/// <param name="Caller">Who is in it.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="LegId">The end.</param>
/// <param name="Muted">Whether the microphone is off.</param>
/// <param name="Deafened">Whether the sound is off.</param>
/// <param name="Speaking">Whether somebody speaks into it.</param>
public sealed record RenewRoom(Caller Caller, Guid ConversationId, Guid LegId, bool? Muted = null, bool? Deafened = null, bool? Speaking = null)
    : IRequest<RoomInfo>, IRepeatable;

/// <summary>Tells another end, or the mixer, something.</summary>
/// <param name="Caller">Who is in it.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="LegId">The end that tells it.</param>
/// <param name="To">The end that is told; null: the mixer.</param>
/// <param name="Epoch">The epoch of the peer connection that it is about.</param>
/// <param name="Signal">What.</param>
public sealed record SignalRoom(Caller Caller, Guid ConversationId, Guid LegId, Guid? To, long Epoch, CallSignal Signal) : IRequest<Unit>;

/// <summary>Takes the word from somebody in the room, or gives it back.</summary>
/// <param name="Caller">An administrator of the group, or its owner.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="UserId">Whom.</param>
/// <param name="Silenced">Taken or given.</param>
public sealed record SilenceInRoom(Caller Caller, Guid ConversationId, Guid UserId, bool Silenced) : IRequest<RoomInfo>, IRepeatable;

/// <summary>The voice room of a group, and what one of its ends was told.</summary>
/// <param name="Caller">A member.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="LegId">An end of the caller; null: none.</param>
/// <param name="After">The number of the last signal that was got; 0: none.</param>
public sealed record GetRoom(Caller Caller, Guid ConversationId, Guid? LegId, long After) : IRequest<RoomView>, IRepeatable;

/// <summary>The voice rooms of the caller's groups that somebody is in.</summary>
/// <param name="Caller">Whose.</param>
public sealed record ListRooms(Caller Caller) : IRequest<RoomInfo[]>, IRepeatable;

/// <summary>New credentials of the relay for who is in a room.</summary>
/// <param name="Caller">Who is in it.</param>
/// <param name="ConversationId">The group.</param>
public sealed record GetRoomIce(Caller Caller, Guid ConversationId) : IRequest<IceInfo>, IRepeatable;
