using MediatR;

namespace ModularChat.Contracts.Notifications;

/// <summary>A time of every day in which a user is told nothing.</summary>
/// <param name="From"><c>HH:mm</c>.</param>
/// <param name="To"><c>HH:mm</c>; earlier than <paramref name="From"/>: on the next day.</param>
/// <param name="TimeZone">An IANA name.</param>
public sealed record PushQuietHours(string? From = null, string? To = null, string? TimeZone = null);

/// <summary>What a user wants of one conversation, other than of all.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Level">What the user is told of.</param>
public sealed record ConversationPushLevel(Guid ConversationId, PushLevel Level);

/// <summary>What a user wants to be told.</summary>
/// <param name="Level">In conversations that have no level of their own.</param>
/// <param name="Content">What a push says.</param>
/// <param name="ContentLimit">The most that the server lets one say.</param>
/// <param name="QuietHours">Absent: none.</param>
/// <param name="Conversations">Levels of single conversations.</param>
public sealed record PushSettings(PushLevel Level, PushContent Content, PushContent ContentLimit, PushQuietHours? QuietHours, ConversationPushLevel[] Conversations);

/// <summary>What the caller wants to be told.</summary>
/// <param name="Caller">Who.</param>
public sealed record GetPushSettings(Caller Caller) : IRequest<PushSettings>, IRepeatable;

/// <summary>Replaces what the caller wants, but for single conversations; what is null gets its default.</summary>
/// <param name="Caller">Who.</param>
/// <param name="Level">Default: all.</param>
/// <param name="Content">Default: full.</param>
/// <param name="QuietHours">Default: none.</param>
public sealed record PutPushSettings(Caller Caller, PushLevel? Level, PushContent? Content, PushQuietHours? QuietHours) : IRequest<PushSettings>, IRepeatable;

/// <summary>What the caller wants of one conversation; answers the level that it has now, null for that of all conversations.</summary>
/// <param name="Caller">A member.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Level">all, mentions, nothing, or default.</param>
public sealed record SetPushLevel(Caller Caller, Guid ConversationId, string? Level) : IRequest<OwnPushLevel>, IRepeatable;

/// <summary>The level of one conversation.</summary>
/// <param name="Level">Absent: that of all conversations.</param>
public sealed record OwnPushLevel(PushLevel? Level = null);
