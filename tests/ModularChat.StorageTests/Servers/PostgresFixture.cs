using ModularChat.Shared.Servers;
using ModularChat.StorageTests.Servers;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace ModularChat.StorageTests.Servers;

/// <summary>One PostgreSQL for all tests that do not kill it, started when the first of them asks.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private PostgresServer? _server;
    private int _databases;

    /// <summary>Makes an empty database; returns its connection string. Skips the test when there is no PostgreSQL.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        var token = TestContext.Current.CancellationToken;
        await _turn.WaitAsync(token);
        try
        {
            _server ??= await PostgresServer.StartAsync(token, "max_connections=400");
            return await _server.CreateDatabaseAsync($"test_{++_databases}", token);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        _turn.Dispose();
    }
}
