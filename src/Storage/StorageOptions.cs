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

    /// <summary>General data.</summary>
    [Required, ValidateObjectMembers]
    public RelationalOptions Relational { get; set; } = new();
}

/// <summary>How the message log is kept; section <c>Storage:Messages</c>.</summary>
public sealed class MessageLogOptions
{
    /// <summary>
    /// Where the log lies: <c>sqlite</c> (default) or <c>rocksdb</c> in the data folder, <c>postgresql</c> or <c>redis</c> (a server or a
    /// cluster). Another engine begins empty: <c>chat store copy</c> brings the messages over first.
    /// </summary>
    [RegularExpression("sqlite|rocksdb|postgresql|redis", ErrorMessage = "Storage:Messages:Engine must be sqlite, rocksdb, postgresql or redis.")]
    public string Engine { get; set; } = "sqlite";

    /// <summary>
    /// The databases of the engine over which the log's shards are spread: files or folders in the data folder (sqlite, rocksdb), or connection
    /// strings (postgresql, redis; secret). Empty: one, <c>messages.db</c> or <c>messages.rocksdb</c>; the server engines need at least one.
    /// When the list changes, shards stay where they are until <c>chat store rebalance</c>.
    /// </summary>
    public IList<string> Databases { get; set; } = [];

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

    /// <summary>PostgreSQL, Redis: how often a node looks for what other nodes have written, in milliseconds, 20 to 60,000. Default 500.</summary>
    [Range(20, 60_000)]
    public int FollowMilliseconds { get; set; } = 500;

    /// <summary>Conversations whose head and active members the writer keeps in memory, 100 to 10,000,000. Default 20,000.</summary>
    [Range(100, 10_000_000)]
    public int CachedConversations { get; set; } = 20_000;

    /// <summary>What only the engine <c>redis</c> knows.</summary>
    [Required, ValidateObjectMembers]
    public RedisLogOptions Redis { get; set; } = new();

    /// <summary>What only the engine <c>rocksdb</c> reads.</summary>
    [Required, ValidateObjectMembers]
    public RocksDbOptions RocksDb { get; set; } = new();
}

/// <summary>What a RocksDB database takes of the machine; section <c>Storage:Messages:RocksDb</c>. Each database of the list takes as much.</summary>
public sealed class RocksDbOptions
{
    /// <summary>Memory for blocks, indexes and filters that were read, in megabytes, 8 to 65,536. Default 64.</summary>
    [Range(8, 65_536)]
    public int BlockCacheMegabytes { get; set; } = 64;

    /// <summary>Memory for what is written and not in table files yet, in megabytes, 8 to 4,096; after a crash twice as much is read again. Default 64.</summary>
    [Range(8, 4_096)]
    public int WriteBufferMegabytes { get; set; } = 64;

    /// <summary>Table files open at once, 64 to 1,000,000; 0 takes a quarter of what the process may open, 1,024 at most. Default 0.</summary>
    [Range(0, 1_000_000)]
    public int MaxOpenFiles { get; set; }
}

/// <summary>How the message log is kept on Redis; section <c>Storage:Messages:Redis</c>.</summary>
public sealed class RedisLogOptions
{
    /// <summary>Replicas that must have a write before it is acknowledged, 0 to 16. Default -1: 1 in a cluster, 0 on a single server.</summary>
    [Range(-1, 16)]
    public int WaitReplicas { get; set; } = -1;

    /// <summary>How long replicas are waited for, 10 to 4,000 milliseconds; after that the outcome is unknown and the sender tries again. Default 1,000.</summary>
    [Range(10, 4_000)]
    public int WaitMilliseconds { get; set; } = 1_000;
}
