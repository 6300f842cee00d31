using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.RocksDb;
using ModularChat.Messaging.Storage.Sqlite;
using ModularChat.Storage;
using ModularChat.Storage.RocksDb;

namespace ModularChat.StorageTests;

/// <summary>The engines that the one assertion suite runs over. An engine that needs a server and has none is skipped with its reason.</summary>
public static class LogEngines
{
    public static IEnumerable<TheoryDataRow<string>> All()
    {
        yield return new TheoryDataRow<string>("sqlite");
        yield return PostgresLogs.Row;
        yield return new TheoryDataRow<string>("rocksdb") { Skip = RocksLibrary.WhyMissing };
        yield return RedisLogs.Row;
    }

    /// <summary>All, and once more on a cluster.</summary>
    public static IEnumerable<TheoryDataRow<string>> WithCluster() => All().Append(RedisLogs.ClusterRow);

    /// <summary>Those that lie in the data folder.</summary>
    public static IEnumerable<TheoryDataRow<string>> Embedded() => All().Where(e => e.Data is "sqlite" or "rocksdb");

    /// <summary>Those whose files a test can read.</summary>
    public static IEnumerable<TheoryDataRow<string>> Files() => Embedded();
}

/// <summary>A log in a folder of its own, opened and closed as often as a test wants.</summary>
internal sealed class LogUnderTest(string engine, string? folder = null) : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PostgresLogs.Database? _database = engine == "postgresql" ? new() : null;
    private readonly RedisLogs.Database? _redis = engine is "redis" or "redis-cluster" ? new(engine == "redis-cluster") : null;
    private DataFolder? _data;

    public string Engine { get; } = engine;
    public string Path => System.IO.Path.Combine(folder ?? _folder.Path, "data");
    public string File => System.IO.Path.Combine(Path, Database);
    public string Database => Engine == "rocksdb" ? "messages.rocksdb" : "messages.db";
    public MessageLogOptions Options { get; } = new();
    public int ReceiptLimit { get; set; } = 100;
    public RecordingListener Listener { get; } = new();
    public TimeProvider Time { get; set; } = TimeProvider.System;
    public IMessageLog Log { get; private set; } = null!;

    public static async Task<LogUnderTest> OpenAsync(string engine, Action<MessageLogOptions>? configure = null)
    {
        var log = new LogUnderTest(engine);
        configure?.Invoke(log.Options);
        await log.OpenAsync();
        return log;
    }

    public Task OpenAsync() => OpenAsync(new LogOpening(null, Ids.New()));

    public async Task OpenAsync(LogOpening opening)
    {
        if (_database is not null)
        {
            Log = await _database.OpenAsync(opening, Options, ReceiptLimit, Listener, Time);
            return;
        }
        if (_redis is not null)
        {
            Log = await _redis.OpenAsync(opening, Options, ReceiptLimit, Listener, Time);
            return;
        }
        _data = DataFolder.Open(Path);
        var token = TestContext.Current.CancellationToken;
        Log = Engine switch
        {
            "sqlite" => await SqliteMessageLog.OpenAsync(_data, Database, opening, Options, ReceiptLimit, Listener, Time, NullLogger.Instance, token),
            "rocksdb" => await RocksMessageLog.OpenAsync(_data, Database, opening, Options, ReceiptLimit, Listener, Time, NullLogger.Instance, token),
            _ => throw new NotSupportedException(Engine),
        };
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

    /// <summary>Goes on with a copy of the files as they are now, like after kill -9: nothing was closed or brought in order.</summary>
    public async Task CrashAsync()
    {
        if (_database is not null)
        {
            // Its server goes on, and there is nothing that a process could leave half done.
            await ReopenAsync();
            return;
        }
        if (_redis is not null)
        {
            // Nothing of the log is in the process; what its end leaves half done is a matter of tests of their own.
            await ReopenAsync();
            return;
        }
        var copy = Copy();
        await CloseAsync();
        Restore(copy);
        await OpenAsync();
    }

    /// <summary>Every file of the log that holds content.</summary>
    public IEnumerable<string> Files() => Directory.GetFiles(Path, "*", SearchOption.AllDirectories)
        .Where(f => System.IO.Path.GetFileName(f) is var name && name is not ("lock" or "LOCK") && !name.EndsWith("-shm", StringComparison.Ordinal));

    /// <summary>A copy of all files, of an open log or a closed one.</summary>
    public string Copy()
    {
        var copy = Directory.CreateDirectory(System.IO.Path.Combine(_folder.Path, Ids.New().ToString())).FullName;
        if (Engine == "rocksdb")
        {
            // Files come and go while one copies: cp as it would be after kill -9, tried until all of one moment is there.
            for (var attempt = 0; !TryCopy(File, System.IO.Path.Combine(copy, Database)); attempt++)
            {
                attempt.ShouldBeLessThan(20);
            }
            return copy;
        }
        foreach (var file in Files())
        {
            System.IO.File.Copy(file, System.IO.Path.Combine(copy, System.IO.Path.GetFileName(file)));
        }
        return copy;
    }

    private static bool TryCopy(string folder, string copy)
    {
        if (Directory.Exists(copy))
        {
            Directory.Delete(copy, recursive: true);
        }
        Directory.CreateDirectory(copy);
        var before = Names();
        try
        {
            foreach (var name in before)
            {
                System.IO.File.Copy(System.IO.Path.Combine(folder, name), System.IO.Path.Combine(copy, name));
            }
        }
        catch (IOException)
        {
            return false;
        }
        return before.SequenceEqual(Names());

        string[] Names() => [.. Directory.GetFiles(folder).Select(f => System.IO.Path.GetFileName(f)!).Where(n => n is not "LOCK").Order(StringComparer.Ordinal)];
    }

    /// <summary>Puts a copy back in the place of a closed log.</summary>
    public void Restore(string copy)
    {
        Directory.Delete(Path, recursive: true);
        Directory.Move(copy, Path);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
        _folder.Dispose();
    }
}

/// <summary>Keeps every commit, in the order in which the writer told them.</summary>
internal sealed class RecordingListener : ICommitListener
{
    private readonly Lock _lock = new();
    private readonly List<Commit> _commits = [];

    /// <summary>False for a test that writes more than it wants to keep.</summary>
    public bool Keeps { get; set; } = true;

    /// <summary>True for a listener with a bug.</summary>
    public bool Fails { get; set; }

    public int Reopenings { get; private set; }

    public long[] LastPositions { get; private set; } = [];

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
            if (Fails)
            {
                throw new InvalidOperationException("A listener with a bug.");
            }
            if (!Keeps)
            {
                return;
            }
            _commits.Add(commit);
        }
    }

    public void Reopened(long[] positions)
    {
        lock (_lock)
        {
            Reopenings++;
            LastPositions = positions;
        }
    }
}
