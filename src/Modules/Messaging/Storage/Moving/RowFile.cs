namespace ModularChat.Messaging.Storage.Moving;

/// <summary>
/// The format of a shard in a file: a header, then records, then a footer. A record is its length (4 bytes), its kind (1 byte), its content, and a
/// CRC-32C over kind and content (4 bytes). Rows come as they were read; a row that comes again replaces the one before it, as after the record
/// <see cref="Changes"/>, behind which lies what changed while the rest was read. docs/storage.md describes every record.
/// </summary>
internal static class RowFile
{
    public const int Version = 1;
    public const byte Conversation = 1, Entry = 2, Changes = 3, Footer = 4;
    public const int MaxRecord = 1 << 28;

    public static ReadOnlySpan<byte> Magic => "MCLOGROW"u8;
}

/// <summary>What stands at the beginning of a file.</summary>
/// <param name="LogId">The log's.</param>
/// <param name="Shards">Logical shards of the log.</param>
/// <param name="Shard">The one that the file holds.</param>
internal sealed record RowFileHeader(Guid LogId, int Shards, int Shard);

/// <summary>What stands at the end; without it the file is torn.</summary>
/// <param name="Position">The shard's position that the rows make up.</param>
/// <param name="Records">Records before the footer.</param>
/// <param name="Hash">SHA-256 over all bytes before the footer's record.</param>
internal sealed record RowFileFooter(long Position, long Records, byte[] Hash);
