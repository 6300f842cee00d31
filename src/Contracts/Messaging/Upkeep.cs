namespace ModularChat.Contracts.Messaging;

/// <summary>How much the message log holds.</summary>
/// <param name="Bytes">What its databases take on disk, or in memory where an engine lives there.</param>
/// <param name="Conversations">Conversations.</param>
/// <param name="Members">Rows of members, former ones counted.</param>
/// <param name="Entries">Entries that can be read.</param>
/// <param name="Messages">Messages that were ever sent.</param>
/// <param name="Cut">Entries that retention has taken away.</param>
/// <param name="Oldest">When the oldest entry was taken; null when there is none.</param>
/// <param name="Largest">The conversations with the most entries.</param>
public sealed record LogFigures(
    long Bytes, long Conversations, long Members, long Entries, long Messages, long Cut, DateTimeOffset? Oldest, ConversationFigures[] Largest);

/// <summary>How much a conversation holds.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Entries">Entries that can be read.</param>
/// <param name="Bytes">Bytes of their bodies.</param>
/// <param name="Members">Members.</param>
/// <param name="Oldest">When the oldest entry was taken.</param>
public sealed record ConversationFigures(Guid ConversationId, ConversationKind Kind, long Entries, long Bytes, int Members, DateTimeOffset? Oldest);
