namespace ModularChat.Storage.RocksDb;

/// <summary>What a database takes of the machine.</summary>
/// <param name="BlockCacheBytes">Read blocks, indexes and filters that are kept, of all column families together.</param>
/// <param name="WriteBufferBytes">What was written and is not in table files yet, of all column families together; the write-ahead log grows to twice as much.</param>
/// <param name="MaxOpenFiles">Table files open at once.</param>
public sealed record RocksSettings(long BlockCacheBytes, long WriteBufferBytes, int MaxOpenFiles);
