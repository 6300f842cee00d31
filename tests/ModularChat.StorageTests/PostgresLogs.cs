using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.PostgreSql;
using ModularChat.Shared.Servers;
using ModularChat.Storage;

[assembly: AssemblyFixture(typeof(ModularChat.StorageTests.PostgresLogs))]

namespace ModularChat.StorageTests;

/// <summary>One PostgreSQL for the whole run, started by the first test that needs it; a database of its own for each log.</summary>
public sealed class PostgresLogs : IAsyncDisposable
{
    private static readonly SemaphoreSlim Gate = new(1);
    private static PostgresServer? server;

    internal static TheoryDataRow<string> Row => new("postgresql") { Skip = PostgresServer.Missing is { Length: > 0 } why ? why : null };

    internal static async Task<PostgresServer> StartAsync()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await Gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return server ??= await PostgresServer.StartAsync(TestContext.Current.CancellationToken, "max_connections=300");
        }
        finally
        {
            Gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>A database that may hold a log.</summary>
    internal sealed class Database : IAsyncDisposable
    {
        private readonly string _name = $"log_{Ids.New():n}";
        private string? _connection;

        public async Task<string> ConnectionAsync() =>
            _connection ??= await (await StartAsync()).CreateDatabaseAsync(_name, TestContext.Current.CancellationToken);

        public async Task<ILogDatabase> OpenAsync(LogOpening opening, MessageLogOptions options, int receiptLimit, ICommitListener listener, TimeProvider time) =>
            await PostgreSqlMessageLog.OpenAsync(
                await ConnectionAsync(), opening, options, receiptLimit, listener, time, NullLogger.Instance, TestContext.Current.CancellationToken);

        public async ValueTask DisposeAsync()
        {
            if (_connection is not null)
            {
                await (await StartAsync()).RunSqlAsync("postgres", $"DROP DATABASE \"{_name}\" WITH (FORCE)", CancellationToken.None);
            }
        }
    }
}
