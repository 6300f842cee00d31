using MediatR;

namespace ModularChat.Contracts.Presence;

/// <summary>A connection is there: on opening, and when <see cref="KeepConnections"/> did not know it. A poll is a connection for as long as it lasts.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="Caller">Whose.</param>
/// <param name="Transport">websocket, events, signalr or poll.</param>
/// <param name="Node">The node that holds it.</param>
/// <param name="LifeSeconds">For how long it counts without another sign of life.</param>
public sealed record KeepConnection(Guid ConnectionId, Caller Caller, string Transport, Guid Node, int LifeSeconds) : IRequest, IRepeatable, IOwnedRequest;

/// <summary>Connections that have given a sign of life: all of a node's in one request, so that a heartbeat costs next to nothing.</summary>
/// <param name="Beats">Which, and when.</param>
/// <param name="LifeSeconds">For how long each counts from its sign of life on.</param>
/// <returns>Those that are not known: say <see cref="KeepConnection"/> for them.</returns>
public sealed record KeepConnections(ConnectionBeat[] Beats, int LifeSeconds) : IRequest<Guid[]>, IRepeatable, IOwnedRequest;

/// <summary>A connection's last sign of life.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="AgeMilliseconds">How long ago: a span, because clocks of nodes differ.</param>
/// <param name="IsActive">True when its user has done something since the last beat.</param>
public sealed record ConnectionBeat(Guid ConnectionId, int AgeMilliseconds, bool IsActive);

/// <summary>A connection is gone.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="LingerSeconds">For how long it still counts, because it may only have dropped; 0: it went on purpose.</param>
public sealed record DropConnection(Guid ConnectionId, int LingerSeconds) : IRequest, IRepeatable, IOwnedRequest;

/// <summary>Who of these users is connected, and where. Connections that linger after a drop are left out.</summary>
/// <param name="UserIds">At most 1,000.</param>
public sealed record LocateConnections(Guid[] UserIds) : IRequest<ConnectionInfo[]>, IRepeatable;

/// <summary>One live connection.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="UserId">Its user.</param>
/// <param name="DeviceId">Its device; null when an application acts as the user.</param>
/// <param name="Transport">websocket, events, signalr or poll.</param>
/// <param name="Node">The node that holds it.</param>
public sealed record ConnectionInfo(Guid ConnectionId, Guid UserId, Guid? DeviceId, string Transport, Guid Node);

/// <summary>Says that the caller is typing; fire and forget, never stored. Refused for non-members, dropped above the group limit or the rate.</summary>
/// <param name="Caller">Who types.</param>
/// <param name="ConversationId">Where.</param>
public sealed record SignalTyping(Caller Caller, Guid ConversationId) : IRequest;

/// <summary>Somebody types; shown until <paramref name="ExpiresAt"/>.</summary>
/// <param name="ConversationId">Where.</param>
/// <param name="UserId">Who.</param>
/// <param name="ExpiresAt">When it is over unless said again.</param>
/// <param name="Recipients">The other members.</param>
public sealed record TypingSignalled(Guid ConversationId, Guid UserId, DateTimeOffset ExpiresAt, Guid[] Recipients) : IClusterEvent;
