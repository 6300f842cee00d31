namespace ModularChat.Storage.RocksDb;

/// <summary>RocksDB answered with an error. Stores turn it into what their own interface promises.</summary>
public sealed class RocksErrorException(string message) : StoreFaultException($"RocksDB: {message}");
