using MediatR;

namespace ModularChat.Contracts.Presence;

/// <summary>Whether users look at a device just now, and whether they may be disturbed; what Notifications judges by. In the order asked.</summary>
/// <param name="UserIds">At most 1,000.</param>
/// <param name="ActiveSeconds">For how long after its user has done something a live connection counts as active.</param>
public sealed record GetAttention(Guid[] UserIds, int ActiveSeconds) : IRequest<Attention[]>, IRepeatable;

/// <summary>How a user may be reached.</summary>
/// <param name="UserId">Who.</param>
/// <param name="IsDoNotDisturb">The user has chosen not to be disturbed; holds over absence.</param>
/// <param name="IsActive">A connection is live on which the user has done something lately. One that is open and idle, or that has dropped and may come back, does not count.</param>
/// <param name="ActiveDevices">The devices of such connections; the empty id stands for an application that acts as the user. Null when there are none.</param>
public sealed record Attention(Guid UserId, bool IsDoNotDisturb, bool IsActive, Guid[]? ActiveDevices = null);
