using System.Text.Json.Serialization;

namespace ModularChat.Contracts.Messaging;

/// <summary>A member's role. The number is stored, and a higher one may do more.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MemberRole>))]
public enum MemberRole
{
    /// <summary>Not a member now; the closed ranges are still readable.</summary>
    [JsonStringEnumMemberName("none")] None = 0,
    /// <summary>Invited, not joined: sees title and members, no entries.</summary>
    [JsonStringEnumMemberName("invited")] Invited = 1,
    /// <summary>Reads and writes.</summary>
    [JsonStringEnumMemberName("member")] Member = 2,
    /// <summary>Adds and removes members, renames, deletes messages of others.</summary>
    [JsonStringEnumMemberName("administrator")] Administrator = 3,
    /// <summary>One a group; makes administrators.</summary>
    [JsonStringEnumMemberName("owner")] Owner = 4,
}

/// <summary>What a new member sees of the time before.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HistoryVisibility>))]
public enum HistoryVisibility
{
    /// <summary>Everything.</summary>
    [JsonStringEnumMemberName("all")] All = 0,
    /// <summary>Only what comes after joining, from the entry that says so.</summary>
    [JsonStringEnumMemberName("joined")] Joined = 1,
}

/// <summary>How long a conversation keeps its entries. Nothing is kept longer than the server's operator says.</summary>
/// <param name="Days">Days after which entries leave, up to 36,500; 0 keeps them.</param>
/// <param name="Count">Entries that are kept at most, up to 1,000,000,000; 0 keeps all.</param>
public sealed record KeepRule(int Days = 0, long Count = 0);

/// <summary>A run of seqs, both ends included.</summary>
/// <param name="From">First seq.</param>
/// <param name="To">Last seq; absent when it is open.</param>
public sealed record SeqRange(long From, long? To = null);

/// <summary>One member as others see it.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Role">Invited, member, administrator or owner.</param>
/// <param name="Delivered">Everything up to this seq has reached a device of theirs; absent in conversations above the receipt limit.</param>
/// <param name="Read">They have read everything up to this seq; absent above the receipt limit.</param>
public sealed record MemberInfo(Guid UserId, MemberRole Role, long? Delivered = null, long? Read = null);

/// <summary>The caller's own side of a conversation. Other devices of the user have the same.</summary>
/// <param name="Role">The caller's role; none after an ended membership.</param>
/// <param name="Ranges">The visible seqs. A seq outside them is no loss.</param>
/// <param name="Delivered">Delivered mark.</param>
/// <param name="Read">Read mark.</param>
/// <param name="Unread">Messages by others above the read mark within the visible ranges.</param>
/// <param name="Version">Rises with every change of marks and preferences; a client keeps the higher one.</param>
/// <param name="MutedUntil">No sound or push until then; the year 9999 stands for ever; absent when not muted.</param>
/// <param name="Pinned">Kept on top of the list.</param>
/// <param name="Archived">Kept out of the list.</param>
public sealed record OwnState(MemberRole Role, SeqRange[] Ranges, long Delivered, long Read, long Unread, long Version, DateTimeOffset? MutedUntil = null, bool Pinned = false, bool Archived = false);

/// <summary>The present state of a conversation for one reader.</summary>
public sealed record ConversationInfo
{
    /// <summary>The conversation.</summary>
    public required Guid Id { get; init; }
    /// <summary>Direct, group, channel or self.</summary>
    public required ConversationKind Kind { get; init; }
    /// <summary>Title of a group or channel; none for a former member, who is not told what it is now.</summary>
    public string? Title { get; init; }
    /// <summary>What new members see; none for a former member.</summary>
    public HistoryVisibility? History { get; init; }
    /// <summary>How long entries are kept, as the owner has set it; none when all are kept, and for a former member.</summary>
    public KeepRule? Keep { get; init; }
    /// <summary>The seq of the last entry that the reader may see; 0 when there is none.</summary>
    public required long Head { get; init; }
    /// <summary>This state includes every entry up to this seq; a client does not apply members and settings entries at or below it again.</summary>
    public required long StateSeq { get; init; }
    /// <summary>The caller's own side.</summary>
    public required OwnState Me { get; init; }
    /// <summary>How many members there are, invited ones not counted.</summary>
    public required int MemberCount { get; init; }
    /// <summary>All members, when there are at most as many as the receipt limit (100); absent above it: ask for the list of members.</summary>
    public MemberInfo[]? Members { get; init; }
}
