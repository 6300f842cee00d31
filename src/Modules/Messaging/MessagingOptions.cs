using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;

namespace ModularChat.Messaging;

/// <summary>Settings of conversations, messages and sync; section <c>Messaging</c>.</summary>
public sealed class MessagingOptions
{
    /// <summary>Longest text of a message, in UTF-16 code units.</summary>
    [Limit]
    [Range(1, 1_000_000)]
    public int MaxMessageLength { get; set; } = 100_000;

    /// <summary>Most people in a group, invited ones counted.</summary>
    [Limit]
    [Range(2, 100_000)]
    public int MaxGroupMembers { get; set; } = 1_000;

    /// <summary>Most conversations a user may be in, ended ones counted.</summary>
    [Limit]
    [Range(1, 100_000)]
    public int MaxConversationsPerUser { get; set; } = 5_000;

    /// <summary>Conversations of up to so many members show who has received and read what.</summary>
    [Limit]
    [Range(2, 1_000)]
    public int ReceiptLimit { get; set; } = 100;

    /// <summary>Days for which a client-made id is remembered, so that a retry is not stored twice; 0 keeps ids for ever.</summary>
    [Limit]
    [Range(0, 3_650)]
    public int DuplicateDays { get; set; } = 30;

    /// <summary>How long history is kept.</summary>
    [Required, ValidateObjectMembers]
    public RetentionOptions Retention { get; set; } = new();

    /// <summary>Longest wait of a long poll, in seconds.</summary>
    [Limit]
    [Range(1, 300)]
    public int MaxWaitSeconds { get; set; } = 60;

    /// <summary>Members of conversations that are kept in memory, over all conversations; about 200 bytes each.</summary>
    [Range(1_000, 100_000_000)]
    public int CachedMembers { get; set; } = 500_000;

    /// <summary>Heads of conversations that are kept in memory; about 300 bytes each.</summary>
    [Range(1_000, 100_000_000)]
    public int CachedHeads { get; set; } = 200_000;

    /// <summary>Places in users' lists of conversations that are kept in memory; 16 bytes each.</summary>
    [Range(1_000, 100_000_000)]
    public int CachedListPlaces { get; set; } = 2_000_000;

    /// <summary>Memory for the newest entries of active conversations, in bytes; 0 keeps none.</summary>
    [Range(0, 1L << 40)]
    public long RecentEntriesBytes { get; set; } = 64 << 20;

    /// <summary>Commits that may wait to be published; when there are more, live connections are told to sync.</summary>
    [Range(16, 1_000_000)]
    public int PublishQueue { get; set; } = 10_000;
}

/// <summary>How long history is kept; section <c>Messaging:Retention</c>. Members, roles and counts stay whatever leaves. Self conversations are not touched.</summary>
public sealed class RetentionOptions
{
    /// <summary>Days after which entries leave, 0 to 36,500; 0 keeps them. Default 0.</summary>
    [Range(0, 36_500)]
    public int Days { get; set; }

    /// <summary>Entries that a conversation keeps at most, 0 to 1,000,000,000; 0 keeps all. Default 0.</summary>
    [Range(0, 1_000_000_000)]
    public long Count { get; set; }

    /// <summary>
    /// Other rules for single conversations: <c>ID=DAYS,COUNT</c>, either of them 0 to keep. They hold instead of the rule for all.
    /// </summary>
    public IList<string> Conversations { get; set; } = [];
}
