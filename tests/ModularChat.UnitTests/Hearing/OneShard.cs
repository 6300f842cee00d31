using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Hearing;

namespace ModularChat.UnitTests.Hearing;

/// <summary>A shard in a store that others write, as one node sees it.</summary>
internal sealed class OneShard : IHearingShard
{
    private readonly Lock _lock = new();
    private readonly List<Commit> _store = [];
    private readonly List<Commit> _told = [];

    public Guid Run { get; } = Ids.New();

    public int Looks { get; private set; }

    public long Told { get; private set; }

    public IReadOnlyList<Commit> Commits
    {
        get
        {
            lock (_lock)
            {
                return [.. _told];
            }
        }
    }

    public IReadOnlyList<Commit> Store => _store;

    /// <summary>Somebody commits; what an announcement of it would say.</summary>
    public HeardCommit Write(int entries = 1)
    {
        lock (_lock)
        {
            var previous = _store.Count == 0 ? 0 : _store[^1].Position;
            var commit = new Commit(0, previous, previous + entries, [.. Enumerable.Range(1, entries).Select(i => new CommittedEntry(previous + i, Entry(previous + i), null))], [], []);
            _store.Add(commit);
            return new HeardCommit(Run, 0, previous, commit.Position, commit);
        }
    }

    public ValueTask<bool> TryTellAsync(Guid runId, Commit commit, CancellationToken token)
    {
        lock (_lock)
        {
            if (runId != Run || commit.PreviousPosition != Told)
            {
                return new(false);
            }
            Tell(commit);
            return new(true);
        }
    }

    public Task LookAsync(CancellationToken token)
    {
        lock (_lock)
        {
            Looks++;
            if (_store.Count > 0 && _store[^1].Position > Told)
            {
                Tell(new Commit(0, Told, _store[^1].Position, [.. _store.SelectMany(c => c.Entries).Where(e => e.Position > Told)], [], []));
            }
        }
        return Task.CompletedTask;
    }

    public static Entry Entry(long seq) => new()
    {
        ConversationId = Guid.Empty,
        Seq = seq,
        Kind = EntryKind.Message,
        SenderId = Guid.Empty,
        At = DateTimeOffset.UnixEpoch,
        Number = seq,
    };

    private void Tell(Commit commit)
    {
        _told.Add(commit);
        Told = commit.Position;
    }
}
