using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModularChat.Storage;

/// <summary>Where and how data is kept; section <c>Storage</c>.</summary>
public sealed class StorageOptions
{
    /// <summary>The folder of all data, made at first start; a relative path starts at the working directory. Default <c>data</c>.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Directory { get; set; } = "data";

    /// <summary>The message log.</summary>
    [Required, ValidateObjectMembers]
    public MessageLogOptions Messages { get; set; } = new();
}

/// <summary>How the message log is kept; section <c>Storage:Messages</c>.</summary>
public sealed class MessageLogOptions
{
    /// <summary>Logical shards of a log that is made new, 1 to 256; an existing log keeps the number it was made with. Default 16.</summary>
    [Range(1, 256)]
    public int Shards { get; set; } = 16;

    /// <summary>Writes that may wait for the disk, 1 to 1,000,000; more are refused as retryable at once. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxPending { get; set; } = 10_000;

    /// <summary>Writes that one transaction takes at most, 1 to 100,000. Default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxBatch { get; set; } = 1_000;

    /// <summary>Entries and marks after which indexes and heads are brought up to the log, 1 to 1,000,000: more make writing cheaper and the start after a crash longer. Default 20,000.</summary>
    [Range(1, 1_000_000)]
    public int FoldAfter { get; set; } = 20_000;

    /// <summary>Connections that read the log side by side, 1 to 64. Default 4.</summary>
    [Range(1, 64)]
    public int Readers { get; set; } = 4;

    /// <summary>Conversations whose head and active members the writer keeps in memory, 100 to 10,000,000. Default 20,000.</summary>
    [Range(100, 10_000_000)]
    public int CachedConversations { get; set; } = 20_000;
}
