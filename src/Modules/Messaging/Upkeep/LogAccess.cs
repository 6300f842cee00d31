using Microsoft.Extensions.DependencyInjection;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Placing;

namespace ModularChat.Messaging.Upkeep;

/// <summary>The log for upkeep: the open one of a running server, or one that is opened for it while no server runs.</summary>
internal sealed class LogAccess(OpenedLog opened, ConfiguredLog configured) : IDisposable
{
    // Sweeps change rows without a position that a copy could catch up from, so they and what copies take turns.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Uses the log while no other upkeep does.</summary>
    public async Task<T> UseAsync<T>(Func<ILogDatabase, Task<T>> use, CancellationToken token)
    {
        await _turn.WaitAsync(token);
        try
        {
            if (opened.Database is { } running)
            {
                return await use(running);
            }
            await using var log = await configured.OpenAsync(new NoListener(), runId: null, token);
            return await use(log);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Nobody listens to what a tool does.</summary>
    internal sealed class NoListener : ICommitListener
    {
        public void Committed(Commit commit)
        {
            // There are no caches to be kept right.
        }

        public void Reopened(long[] positions)
        {
            // Likewise.
        }
    }

    public static LogAccess Of(IServiceProvider services) => services.GetRequiredService<LogAccess>();
}
