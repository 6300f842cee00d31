using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Storage;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>The log in databases of PostgreSQL, named by connection strings.</summary>
internal sealed class PostgreSqlLogEngine(
    IOptions<StorageOptions> options, IOptions<MessagingOptions> messaging, TimeProvider time, ILogger<PostgreSqlMessageLog> logger) : ILogEngine
{
    public string? DefaultDatabase => null;

    public ValueTask<bool> HoldsLogAsync(string database, CancellationToken token) => PostgreSqlMessageLog.HoldsLogAsync(database, token);

    public async ValueTask<ILogDatabase> OpenAsync(string database, LogOpening opening, ICommitListener listener, CancellationToken token) =>
        await PostgreSqlMessageLog.OpenAsync(database, opening, options.Value.Messages, messaging.Value.ReceiptLimit, listener, time, logger, token);
}
