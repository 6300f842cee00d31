using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Storage;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>The log in the data folder, in an LSM tree.</summary>
internal sealed class RocksLogEngine(
    DataFolder folder, IOptions<StorageOptions> options, IOptions<MessagingOptions> messaging, TimeProvider time, ILogger<RocksMessageLog> logger) : ILogEngine
{
    public string? DefaultDatabase => "messages.rocksdb";

    public ValueTask<bool> HoldsLogAsync(string database, CancellationToken token) =>
        ValueTask.FromResult(File.Exists(Path.Combine(folder.File(database), "CURRENT")));

    public async ValueTask<ILogDatabase> OpenAsync(string database, LogOpening opening, ICommitListener listener, CancellationToken token) =>
        await RocksMessageLog.OpenAsync(folder, database, opening, options.Value.Messages, messaging.Value.ReceiptLimit, listener, time, logger, token);
}
