using MediatR;

namespace ModularChat.Contracts.Calls;

/// <summary>Calls the other of a direct conversation. When the other is calling just now, this answers that call instead: the answer names it.</summary>
/// <param name="Caller">Who calls.</param>
/// <param name="ConversationId">The direct conversation.</param>
/// <param name="CallId">Made by the device, once for each call.</param>
/// <param name="LegId">Made by the device: this end of the call.</param>
public sealed record StartCall(Caller Caller, Guid ConversationId, Guid CallId, Guid LegId) : IRequest<CallAnswer>, IRepeatable;

/// <summary>Answers a call. All other devices of the callee stop to ring.</summary>
/// <param name="Caller">The callee.</param>
/// <param name="CallId">The call.</param>
/// <param name="LegId">Made by the device: this end of the call.</param>
public sealed record AcceptCall(Caller Caller, Guid CallId, Guid LegId) : IRequest<CallAnswer>, IRepeatable;

/// <summary>Does not want a call that rings.</summary>
/// <param name="Caller">The callee.</param>
/// <param name="CallId">The call.</param>
public sealed record DeclineCall(Caller Caller, Guid CallId) : IRequest<CallInfo>, IRepeatable;

/// <summary>Leaves a call, or takes it back while it rings.</summary>
/// <param name="Caller">One of the two.</param>
/// <param name="CallId">The call.</param>
/// <param name="LegId">The end that leaves.</param>
/// <param name="HasFailed">Because the media did not find each other.</param>
public sealed record HangUpCall(Caller Caller, Guid CallId, Guid LegId, bool HasFailed) : IRequest<CallInfo>, IRepeatable;

/// <summary>Says that an end is still there.</summary>
/// <param name="Caller">One of the two.</param>
/// <param name="CallId">The call.</param>
/// <param name="LegId">The end.</param>
public sealed record RenewCall(Caller Caller, Guid CallId, Guid LegId) : IRequest<CallInfo>, IRepeatable;

/// <summary>Tells the other end something.</summary>
/// <param name="Caller">One of the two.</param>
/// <param name="CallId">The call.</param>
/// <param name="LegId">The end that tells it.</param>
/// <param name="Signal">What.</param>
public sealed record SignalCall(Caller Caller, Guid CallId, Guid LegId, CallSignal Signal) : IRequest<CallInfo>;

/// <summary>A call, with what the other end has told since.</summary>
/// <param name="Caller">One of the two.</param>
/// <param name="CallId">The call.</param>
/// <param name="After">The number of the last signal that was got; 0: none.</param>
public sealed record GetCall(Caller Caller, Guid CallId, long After) : IRequest<CallView>, IRepeatable;

/// <summary>A call as one of the two sees it.</summary>
/// <param name="Call">The call.</param>
/// <param name="Signals">What the other end has told, in order; what a newer description made old is left out.</param>
public sealed record CallView(CallInfo Call, NumberedSignal[] Signals);

/// <summary>The caller's calls that are not over.</summary>
/// <param name="Caller">Whose.</param>
public sealed record ListCalls(Caller Caller) : IRequest<CallInfo[]>, IRepeatable;

/// <summary>New credentials for a call that is not over.</summary>
/// <param name="Caller">One of the two.</param>
/// <param name="CallId">The call.</param>
public sealed record GetIce(Caller Caller, Guid CallId) : IRequest<IceInfo>, IRepeatable;
