namespace ModularChat.Client;

/// <summary>Something that a client has learnt.</summary>
public abstract record ChatEvent;

/// <summary>An entry, in seq order within its conversation, each once.</summary>
/// <param name="Entry">The entry.</param>
public sealed record EntryReceived(Entry Entry) : ChatEvent;

/// <summary>An own request was taken into the outbox: show it at once.</summary>
/// <param name="Send">The request.</param>
public sealed record SendPending(PendingSend Send) : ChatEvent;

/// <summary>The server refused an own request for good.</summary>
/// <param name="Send">The request.</param>
/// <param name="Problem">Why.</param>
public sealed record SendFailed(PendingSend Send, ChatProblem Problem) : ChatEvent;

/// <summary>Title, members, settings or one's own side of a conversation changed other than by an entry.</summary>
/// <param name="State">The state now.</param>
public sealed record ConversationChanged(ConversationState State) : ChatEvent;

/// <summary>Marks of other members moved.</summary>
/// <param name="ConversationId">Where.</param>
/// <param name="Marks">Whose, to what.</param>
public sealed record MarksMoved(Guid ConversationId, IReadOnlyList<MemberMarks> Marks) : ChatEvent;

/// <summary>Somebody types.</summary>
/// <param name="ConversationId">Where.</param>
/// <param name="UserId">Who.</param>
/// <param name="ExpiresAt">Shown until then.</param>
public sealed record TypingReceived(Guid ConversationId, Guid UserId, DateTimeOffset ExpiresAt) : ChatEvent;

/// <summary>The presence of a watched user, when the watch begins and when it changes.</summary>
/// <param name="Presence">How it is.</param>
public sealed record PresenceChanged(Presence Presence) : ChatEvent;

/// <summary>How many of a large group that is watched are there.</summary>
/// <param name="Group">The count.</param>
public sealed record GroupPresenceReceived(GroupPresence Group) : ChatEvent;

/// <summary>The server refused what <see cref="ChatClient.WatchPresence"/> asked for; what was watched before goes on.</summary>
/// <param name="Problem">Why.</param>
public sealed record WatchRefused(ChatProblem Problem) : ChatEvent;

/// <summary>A call of this user has changed: it rings, was answered, here or elsewhere, or is over. A client that only polls asks <see cref="ChatApi.GetCallsAsync"/>.</summary>
/// <param name="Call">The call.</param>
public sealed record CallChanged(Call Call) : ChatEvent;

/// <summary>The other end of a call tells an end of this user something. May be lost: <see cref="ChatApi.GetCallAsync"/> has it too.</summary>
/// <param name="CallId">The call.</param>
/// <param name="LegId">The end that it is for.</param>
/// <param name="Told">What.</param>
public sealed record CallSignalled(Guid CallId, Guid LegId, NumberedSignal Told) : ChatEvent;

/// <summary>
/// The voice room of a group of this user has changed: who is in, mutes or speaks, or that it has moved or is over. Changes may come together; the newest state holds. A client that only
/// polls, and one that was away, asks <see cref="ChatApi.GetRoomsAsync"/>.
/// </summary>
/// <param name="Room">The room.</param>
public sealed record RoomChanged(Room Room) : ChatEvent;

/// <summary>An end of this user in a voice room is told something by another, or by the mixer. May be lost: <see cref="ChatApi.GetRoomAsync"/> has it too.</summary>
/// <param name="ConversationId">The group.</param>
/// <param name="LegId">The end that it is for.</param>
/// <param name="Told">What.</param>
public sealed record RoomSignalled(Guid ConversationId, Guid LegId, RoomSignal Told) : ChatEvent;

/// <summary>Entries were left out because there were too many; they are to be had from history.</summary>
/// <param name="ConversationId">Where.</param>
/// <param name="Range">Which.</param>
public sealed record GapLeft(Guid ConversationId, SeqRange Range) : ChatEvent;

/// <summary>Versions of the general data: read again what is newer than one's own copy.</summary>
/// <param name="Versions">By subject.</param>
public sealed record VersionsReceived(IReadOnlyDictionary<string, long> Versions) : ChatEvent;

/// <summary>The server was restored to an older copy: all local entries were dropped and come again.</summary>
public sealed record HistoryReset : ChatEvent;

/// <summary>The connection changed.</summary>
/// <param name="State">Its state now.</param>
/// <param name="Problem">Waiting and refused: why.</param>
public sealed record ConnectionChanged(ConnectionState State, ChatProblem? Problem = null) : ChatEvent;

/// <summary>State of a client's connection.</summary>
public enum ConnectionState
{
    /// <summary>Not started, or closed.</summary>
    Closed = 0,
    /// <summary>Opening a connection and catching up.</summary>
    Connecting,
    /// <summary>Entries come as they happen.</summary>
    Live,
    /// <summary>Waits before the next try.</summary>
    Waiting,
    /// <summary>The server does not want this client until something is changed; see <see cref="ChatClient.LastProblem"/>.</summary>
    Refused,
}
