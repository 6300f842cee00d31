using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Storage;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>The log in the data folder.</summary>
internal sealed class SqliteLogEngine(
    DataFolder folder, IOptions<StorageOptions> options, IOptions<MessagingOptions> messaging, TimeProvider time, ILogger<SqliteMessageLog> logger) : ILogEngine
{
    public string? DefaultDatabase => "messages.db";

    public ValueTask<bool> HoldsLogAsync(string database, CancellationToken token) =>
        ValueTask.FromResult(new FileInfo(folder.File(database)) is { Exists: true, Length: > 0 });

    public async ValueTask<ILogDatabase> OpenAsync(string database, LogOpening opening, ICommitListener listener, CancellationToken token) =>
        await SqliteMessageLog.OpenAsync(folder, database, opening, options.Value.Messages, messaging.Value.ReceiptLimit, listener, time, logger, token);
}
