using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

/// <summary>A change that was asked for: who, where, and under which id.</summary>
/// <param name="ConversationId">Where.</param>
/// <param name="SenderId">Who.</param>
/// <param name="ClientMessageId">Under which id.</param>
/// <param name="Hash">Of the request: see <see cref="RequestHash"/>.</param>
internal readonly record struct Wish(Guid ConversationId, Guid SenderId, Guid ClientMessageId, byte[] Hash);

/// <summary>An entry that its sender may write, as judged on one state of the members.</summary>
internal sealed record Draft(EntryKind Kind, JsonBody? Body, long? Target = null, Change? Change = null);

/// <summary>
/// Says whether the sender may do it, on this state, and what is to be written; null when everything is so already. Throws
/// <see cref="ChatException"/> to refuse. Called again when the members have changed under it.
/// </summary>
internal delegate ValueTask<Draft?> Judge(ConversationState state, Member sender, CancellationToken token);
