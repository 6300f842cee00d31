namespace ModularChat.Contracts.Calls;

/// <summary>A call has changed. May be lost: devices ask for their call while they are in it.</summary>
/// <param name="Call">The call.</param>
/// <param name="Recipients">Whose devices are told.</param>
public sealed record CallChanged(CallInfo Call, Guid[] Recipients) : IClusterEvent;

/// <summary>One end of a call has told the other something. May be lost: devices that see a hole in the numbers ask for it.</summary>
/// <param name="CallId">The call.</param>
/// <param name="Recipient">The user of the other end.</param>
/// <param name="LegId">The other end.</param>
/// <param name="Signal">What.</param>
public sealed record CallSignalled(Guid CallId, Guid Recipient, Guid LegId, NumberedSignal Signal) : IClusterEvent;

/// <summary>A voice room has changed. May be lost: devices ask for it while they are in it.</summary>
/// <param name="Room">The room.</param>
/// <param name="Recipients">Whose devices are told.</param>
public sealed record RoomChanged(RoomInfo Room, Guid[] Recipients) : IClusterEvent;

/// <summary>Another end, or the mixer, tells an end in a voice room something. May be lost: devices that see a hole in the numbers ask for it.</summary>
/// <param name="ConversationId">The group.</param>
/// <param name="Recipient">The user of the end that is told.</param>
/// <param name="LegId">That end.</param>
/// <param name="Signal">What.</param>
public sealed record RoomSignalled(Guid ConversationId, Guid Recipient, Guid LegId, RoomSignal Signal) : IClusterEvent;
