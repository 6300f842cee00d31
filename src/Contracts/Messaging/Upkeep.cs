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

/// <summary>What a check of the whole log found.</summary>
/// <param name="Hash">The hash of all rows, the same for every engine.</param>
/// <param name="Shards">The hash of each shard.</param>
/// <param name="Conversations">Conversations.</param>
/// <param name="Members">Rows of members.</param>
/// <param name="Entries">Rows of entries.</param>
/// <param name="Unchecked">Entries that were written before there were checksums: a flipped byte in their text is not found.</param>
/// <param name="Findings">What is wrong, in sentences; the first hundred.</param>
/// <param name="FindingCount">How many there are.</param>
public sealed record LogCheck(
    string Hash, string[] Shards, long Conversations, long Members, long Entries, long Unchecked, string[] Findings, long FindingCount);

/// <summary>Where a log lies.</summary>
/// <param name="Engine">As in <c>Storage:Messages:Engine</c>.</param>
/// <param name="Databases">As in <c>Storage:Messages:Databases</c>; none: the engine's own default.</param>
public sealed record LogPlace(string Engine, string[] Databases);

/// <summary>How far a long piece of upkeep has come.</summary>
/// <param name="What">What is done now.</param>
/// <param name="Done">How much of it.</param>
/// <param name="Of">All of it.</param>
public sealed record UpkeepProgress(string What, long Done, long Of);

/// <summary>The message log in a backup.</summary>
/// <param name="LogId">Names the log.</param>
/// <param name="Key">The log's key in base64: seals cursors and keys the hashes of requests. Secret.</param>
/// <param name="Runs">Its unbroken histories, oldest first.</param>
/// <param name="Shards">Its shards, by number.</param>
public sealed record LogBackup(Guid LogId, string Key, RunBackup[] Runs, ShardBackup[] Shards);

/// <summary>An unbroken history of the log.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Started">The position of each shard when it began.</param>
/// <param name="At">When it began.</param>
public sealed record RunBackup(Guid Id, long[] Started, DateTimeOffset At);

/// <summary>A shard in a backup.</summary>
/// <param name="File">The file, within the backup.</param>
/// <param name="Position">The position up to which it is complete.</param>
/// <param name="Hash">The hash of its rows: a check of the restored log must come to the same.</param>
/// <param name="Conversations">Conversations.</param>
/// <param name="Members">Rows of members.</param>
/// <param name="Entries">Rows of entries.</param>
public sealed record ShardBackup(string File, long Position, string Hash, long Conversations, long Members, long Entries);

/// <summary>What retention took away, or would take.</summary>
/// <param name="Conversations">Conversations that lost entries to readers.</param>
/// <param name="Entries">Entries that readers see no more.</param>
/// <param name="Left">Rows that left the databases: entries stay as empty rows for as long as ids of requests are remembered.</param>
/// <param name="IsPurged">True when so much had left that the databases were packed.</param>
public sealed record RetentionResult(long Conversations, long Entries, long Left, bool IsPurged);
