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
