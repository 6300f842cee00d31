using MediatR;

namespace ModularChat.Contracts.Messaging;

/// <summary>
/// Everything after a cursor, page by page up to a watermark taken at the first page. Presenting a cursor acknowledges
/// delivery of everything up to it.
/// </summary>
/// <param name="Caller">Who asks.</param>
/// <param name="Cursor">The device's cursor; null for a first sync.</param>
/// <param name="Limit">About how many entries a page holds, 1 to 1,000; a page ends after the conversation that passes it.</param>
public sealed record Sync(Caller Caller, string? Cursor, int Limit) : IRequest<SyncPage>, IRepeatable;

/// <summary>One page of a sync.</summary>
/// <param name="Reset">True when the cursor belongs to a history that this server no longer has (restored or promoted): drop local entries, keep the outbox; this page is the first of everything.</param>
/// <param name="Conversations">Conversations with something new, each once in a sync.</param>
/// <param name="Versions">Versions of the caller's general data, by subject (see <see cref="SignalBody"/>); only in the last page.</param>
/// <param name="Cursor">Present it next.</param>
/// <param name="More">True when the next page is there at once; the cursor then continues this sync.</param>
public sealed record SyncPage(bool Reset, ConversationSync[] Conversations, Dictionary<string, long>? Versions, string Cursor, bool More);

/// <summary>What is new in one conversation since the cursor.</summary>
/// <param name="State">Its present state.</param>
/// <param name="Entries">The newest entries after the cursor, at most 200, in seq order.</param>
/// <param name="Gap">Older entries that are new too but not here; read them from history. Absent when none.</param>
public sealed record ConversationSync(ConversationInfo State, Entry[] Entries, SeqRange? Gap = null);

/// <summary>Waits until there is something for the user after the cursor, or until <see cref="Timeout"/>; then the page that <see cref="Sync"/> gives.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="Cursor">The device's cursor.</param>
/// <param name="Limit">As in <see cref="Sync"/>.</param>
/// <param name="Timeout">How long to wait, up to MaxWaitSeconds.</param>
/// <param name="Drafts">The version of the drafts that the device has: nothing is waited for when there is a newer one, as no entry tells of them. Null: that is not looked at.</param>
public sealed record WaitSync(Caller Caller, string Cursor, int Limit, TimeSpan Timeout, long? Drafts = null) : IRequest<SyncPage>, IRepeatable, IWaitingRequest;

/// <summary>Acknowledges delivery of everything up to a cursor; moves delivered marks.</summary>
/// <param name="Caller">Whose device.</param>
/// <param name="Cursor">A cursor that the server stated.</param>
public sealed record Acknowledge(Caller Caller, string Cursor) : IRequest, IRepeatable;

/// <summary>The cursor that names the given positions in the present run; what a gateway states after it has delivered everything up to them.</summary>
/// <param name="Positions">A position for each shard.</param>
public sealed record MakeCursor(long[] Positions) : IRequest<string>, IRepeatable;

/// <summary>The positions that a cursor of the present run names: what a gateway drops from its live queue because a sync has already brought it.</summary>
/// <param name="Cursor">A cursor that the server stated in this run.</param>
public sealed record ReadCursor(string Cursor) : IRequest<long[]>, IRepeatable;

/// <summary>The published position of each shard: everything up to it is seen by every request; commits above it come as <see cref="MessageStored"/>.</summary>
public sealed record GetPositions : IRequest<long[]>, IRepeatable, IOwnedRequest;

/// <summary>Asks whether the store of the messages answers: 0, or a failure.</summary>
public sealed record PingMessages : IRequest<int>, IRepeatable;

/// <summary>Reads a conversation backwards or forwards by seq, in present state.</summary>
/// <param name="Caller">Who asks; a member, or a former one within the closed ranges.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Before">Entries below this seq, newest of them; null for the end.</param>
/// <param name="After">Entries above this seq, oldest of them. Not together with <paramref name="Before"/>.</param>
/// <param name="Limit">1 to 200.</param>
public sealed record GetHistory(Caller Caller, Guid ConversationId, long? Before, long? After, int Limit) : IRequest<HistoryPage>, IRepeatable;

/// <summary>A page of history.</summary>
/// <param name="Entries">In seq order, only visible ones.</param>
/// <param name="More">True when there are more visible ones in the direction asked for.</param>
/// <param name="Ranges">The caller's visible ranges: a seq outside them is no loss.</param>
public sealed record HistoryPage(Entry[] Entries, bool More, SeqRange[] Ranges);
