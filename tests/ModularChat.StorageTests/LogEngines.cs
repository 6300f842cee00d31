using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Sqlite;
using ModularChat.Storage;

namespace ModularChat.StorageTests;

/// <summary>The engines that the one assertion suite runs over. An engine that needs a server and has none is skipped with its reason.</summary>
public static class LogEngines
{
    public static IEnumerable<TheoryDataRow<string>> All()
    {
        yield return new TheoryDataRow<string>("sqlite");
    }
}

/// <summary>A log in a folder of its own, opened and closed as often as a test wants.</summary>
internal sealed class LogUnderTest(string engine) : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private DataFolder? _data;

    public string Engine { get; } = engine;
    public string Path => System.IO.Path.Combine(_folder.Path, "data");
    public string File => System.IO.Path.Combine(Path, "messages.db");
    public MessageLogOptions Options { get; } = new();
    public RecordingListener Listener { get; } = new();
    public IMessageLog Log { get; private set; } = null!;

    public static async Task<LogUnderTest> OpenAsync(string engine, Action<MessageLogOptions>? configure = null)
    {
        var log = new LogUnderTest(engine);
        configure?.Invoke(log.Options);
        await log.OpenAsync();
        return log;
    }

    public async Task OpenAsync()
    {
        _data = DataFolder.Open(Path);
        Log = await SqliteMessageLog.OpenAsync(_data, Options, Listener, TimeProvider.System, NullLogger.Instance, TestContext.Current.CancellationToken);
    }

    public async Task CloseAsync()
    {
        if (Log is not null)
        {
            await Log.DisposeAsync();
        }
        _data?.Dispose();
    }

    public async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }
}

/// <summary>Keeps every commit, in the order in which the writer told them.</summary>
internal sealed class RecordingListener : ICommitListener
{
    private readonly Lock _lock = new();
    private readonly List<Commit> _commits = [];

    public int Reopenings { get; private set; }

    public IReadOnlyList<Commit> Commits
    {
        get
        {
            lock (_lock)
            {
                return [.. _commits];
            }
        }
    }

    public void Committed(Commit commit)
    {
        lock (_lock)
        {
            _commits.Add(commit);
        }
    }

    public void Reopened(long[] positions)
    {
        lock (_lock)
        {
            Reopenings++;
        }
    }
}
