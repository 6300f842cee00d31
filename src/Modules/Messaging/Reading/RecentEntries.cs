using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

/// <summary>
/// The newest entries of active conversations in memory, kept equal to the log by its commits, so that polls, replay
/// after short drops and first pages of history need no read from the store.
/// </summary>
internal sealed class RecentEntries(IOptions<MessagingOptions> options) : ICommitCache
{
    private readonly ConcurrentDictionary<Guid, Tail> tails = new();
    private readonly Lock dropping = new();
    private readonly long limit = options.Value.RecentEntriesBytes;
    private long bytes;
    private long clock;

    /// <summary>About how much memory the entries take.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    public void Apply(Commit commit)
    {
        var now = Interlocked.Increment(ref clock);
        foreach (var committed in commit.Entries)
        {
            Append(commit.Shard, committed, now);
        }
        if (Interlocked.Read(ref bytes) > limit)
        {
            DropOldest();
        }
    }

    public void Clear()
    {
        foreach (var id in tails.Keys)
        {
            Drop(id);
        }
    }

    /// <summary>All entries from one seq to another in present state; null when they are not all in memory.</summary>
    public LogEntry[]? Read(Guid conversationId, long from, long to) =>
        tails.TryGetValue(conversationId, out var tail) ? tail.Read(from, to, Interlocked.Increment(ref clock)) : null;

    /// <summary>All entries with <c>from &lt;= seq &lt;= to</c> past a position; null when they are more than the limit or not all in memory.</summary>
    public LogEntry[]? ReadAfter(Guid conversationId, long position, long from, long to, int limit) =>
        tails.TryGetValue(conversationId, out var tail) ? tail.ReadAfter(position, from, to, limit, Interlocked.Increment(ref clock)) : null;

    /// <summary>The last seq of a conversation at or before a position; null when that cannot be told from memory.</summary>
    public long? FindLast(Guid conversationId, long position) =>
        tails.TryGetValue(conversationId, out var tail) ? tail.FindLast(position) : null;

    private void Append(int shard, CommittedEntry committed, long now)
    {
        // A tail dropped between finding and writing it is not written: the entry starts a new one.
        while (true)
        {
            var tail = tails.GetOrAdd(committed.Entry.ConversationId, static _ => new Tail());
            var before = tail.Bytes;
            if (tail.Append(shard, committed, now))
            {
                Interlocked.Add(ref bytes, tail.Bytes - before);
                return;
            }
            tails.TryRemove(new KeyValuePair<Guid, Tail>(committed.Entry.ConversationId, tail));
        }
    }

    private void DropOldest()
    {
        if (!dropping.TryEnter())
        {
            return;
        }
        try
        {
            foreach (var (id, _) in tails.Select(pair => (pair.Key, pair.Value.Touched)).OrderBy(pair => pair.Touched).ToList())
            {
                if (Interlocked.Read(ref bytes) <= limit * 9 / 10)
                {
                    break;
                }
                Drop(id);
            }
        }
        finally
        {
            dropping.Exit();
        }
    }

    private void Drop(Guid id)
    {
        if (tails.TryRemove(id, out var tail))
        {
            Interlocked.Add(ref bytes, -tail.Drop());
        }
    }
}
