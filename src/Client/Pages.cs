using System.Text.Json;

namespace ModularChat.Client;

/// <summary>One page of a sync.</summary>
/// <param name="Reset">The cursor belongs to a history that is gone: drop local entries, keep the outbox.</param>
/// <param name="Conversations">Conversations with something new.</param>
/// <param name="Cursor">Present it next.</param>
/// <param name="More">True when the next page is there at once.</param>
/// <param name="Versions">Versions of the general data, in the last page.</param>
public sealed record SyncPage(
    bool Reset, IReadOnlyList<ConversationSync> Conversations, string Cursor, bool More, IReadOnlyDictionary<string, long>? Versions = null);

/// <summary>What is new in one conversation.</summary>
/// <param name="State">Its present state.</param>
/// <param name="Entries">The newest entries, in seq order.</param>
/// <param name="Gap">Older new entries that are not here; read them from history.</param>
public sealed record ConversationSync(ConversationState State, IReadOnlyList<Entry> Entries, SeqRange? Gap = null);

/// <summary>A page of history.</summary>
/// <param name="Entries">In seq order.</param>
/// <param name="More">True when there are more in the direction asked for.</param>
/// <param name="Ranges">The seqs that the caller may see.</param>
public sealed record HistoryPage(IReadOnlyList<Entry> Entries, bool More, IReadOnlyList<SeqRange>? Ranges = null);

/// <summary>The server has it on disk.</summary>
/// <param name="ConversationId">Where.</param>
/// <param name="Seq">Its place.</param>
/// <param name="At">When the server took it.</param>
/// <param name="Duplicate">True when an earlier try had arrived.</param>
public sealed record Stored(Guid ConversationId, long Seq, DateTimeOffset At, bool Duplicate = false);

/// <summary>A page of conversations.</summary>
/// <param name="Conversations">By id.</param>
/// <param name="More">True when there are more.</param>
public sealed record ConversationPage(IReadOnlyList<ConversationState> Conversations, bool More);

/// <summary>A page of members.</summary>
/// <param name="Members">By user id.</param>
/// <param name="More">True when there are more.</param>
public sealed record MemberPage(IReadOnlyList<Member> Members, bool More);

/// <summary>Which chat server to connect to.</summary>
/// <param name="Url">The server; empty: the one that was asked.</param>
/// <param name="Region">Its region, when it has one.</param>
/// <param name="TtlSeconds">How long the answer may be used.</param>
/// <param name="Alternatives">Others, to be tried in this order.</param>
/// <param name="Explanation">How it was chosen, when that was asked for: section 16 of the protocol.</param>
public sealed record ServerChoice(string Url, string? Region, int TtlSeconds, IReadOnlyList<ServerAddress> Alternatives, JsonElement? Explanation = null);

/// <summary>A chat server.</summary>
/// <param name="Url">Empty: the one that was asked.</param>
/// <param name="Region">Its region, when it has one.</param>
public sealed record ServerAddress(string Url, string? Region = null);

/// <summary>A user as others see them.</summary>
/// <param name="Id">The user.</param>
/// <param name="Name">Unique name.</param>
/// <param name="DisplayName">What is shown.</param>
/// <param name="AvatarColour"><c>#rrggbb</c>.</param>
/// <param name="StatusText">Free text.</param>
public sealed record User(Guid Id, string Name, string DisplayName, string? AvatarColour = null, string? StatusText = null);

/// <summary>A log-in. The token is told this once.</summary>
/// <param name="Token">For the Authorization header.</param>
/// <param name="DeviceId">The device that it belongs to.</param>
/// <param name="ExpiresAt">When it ends unless it is used.</param>
public sealed record Session(string Token, Guid DeviceId, DateTimeOffset? ExpiresAt = null);

/// <summary>A user who has just logged in.</summary>
/// <param name="User">Who.</param>
/// <param name="Session">The log-in.</param>
public sealed record SignedIn(User User, Session Session);

/// <summary>An installation of a client, as shown in the list of devices.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Platform">What it runs on.</param>
public sealed record DeviceDescription(string Name, string Platform);

/// <summary>A refusal of the server (RFC 9457).</summary>
/// <param name="Code">Stable; what a program compares.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Retryable">The same request may succeed later.</param>
/// <param name="Title">A short sentence for the code.</param>
/// <param name="Detail">What was wrong this time.</param>
/// <param name="Field">Which field.</param>
/// <param name="Limit">Which limit.</param>
/// <param name="RetryAfterMs">When to come back.</param>
public sealed record ChatProblem(
    string Code, int Status = 0, bool Retryable = false, string? Title = null, string? Detail = null, string? Field = null, long? Limit = null, long? RetryAfterMs = null);

/// <summary>The server refused a request.</summary>
/// <param name="problem">What it said.</param>
public sealed class ChatProblemException(ChatProblem problem) : Exception($"{problem.Code}: {problem.Detail ?? problem.Title}")
{
    /// <summary>What the server said.</summary>
    public ChatProblem Problem { get; } = problem;
}
