using MediatR;

namespace ModularChat.Contracts.Presence;

/// <summary>A connection is there or still there: on opening, and with each heartbeat.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="Caller">Whose.</param>
/// <param name="Transport">websocket, events, signalr or longpoll.</param>
public sealed record KeepConnection(Guid ConnectionId, Caller Caller, string Transport) : IRequest;

/// <summary>A connection is gone.</summary>
/// <param name="ConnectionId">The connection.</param>
public sealed record DropConnection(Guid ConnectionId) : IRequest;

/// <summary>Who of these users is connected, and where.</summary>
/// <param name="UserIds">At most 1,000.</param>
public sealed record LocateConnections(Guid[] UserIds) : IRequest<ConnectionInfo[]>;

/// <summary>One live connection.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="UserId">Its user.</param>
/// <param name="DeviceId">Its device; null when an application acts as the user.</param>
/// <param name="Transport">websocket, events, signalr or longpoll.</param>
/// <param name="LastHeartbeat">When it last gave a sign of life.</param>
public sealed record ConnectionInfo(Guid ConnectionId, Guid UserId, Guid? DeviceId, string Transport, DateTimeOffset LastHeartbeat);

/// <summary>Says that the caller is typing; fire and forget, never stored. Refused for non-members, dropped above the group limit or the rate.</summary>
/// <param name="Caller">Who types.</param>
/// <param name="ConversationId">Where.</param>
public sealed record SignalTyping(Caller Caller, Guid ConversationId) : IRequest;

/// <summary>Somebody types; shown until <paramref name="ExpiresAt"/>.</summary>
/// <param name="ConversationId">Where.</param>
/// <param name="UserId">Who.</param>
/// <param name="ExpiresAt">When it is over unless said again.</param>
/// <param name="Recipients">The other members.</param>
public sealed record TypingSignalled(Guid ConversationId, Guid UserId, DateTimeOffset ExpiresAt, Guid[] Recipients) : INotification;
