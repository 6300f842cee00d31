using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

/// <summary>
/// The newest entries of one conversation, in present state: what the log would return for the same seqs. Written by the
/// shard's writer alone, read by everybody; every access holds the lock, for a copy of at most a page.
/// </summary>
internal sealed class Tail
{
    public const int Length = 100;
    private const int EntryBytes = 400;
    private readonly Lock gate = new();
    // Seqs have no holes, so a seq modulo the length is its place.
    private LogEntry[] ring = new LogEntry[8];
    private long first = 1;
    private long last;
    private bool isDropped;

    /// <summary>About how much memory it takes.</summary>
    public long Bytes { get; private set; }

    /// <summary>When it was last written or read; the longest untouched goes first.</summary>
    public long Touched { get; private set; }

    /// <summary>Appends an entry and changes what it is about. False when this tail was dropped meanwhile.</summary>
    public bool Append(int shard, CommittedEntry committed, long now)
    {
        lock (gate)
        {
            if (isDropped)
            {
                return false;
            }
            Touched = now;
            var entry = committed.Entry;
            if (entry.Seq != last + 1 || last < first)
            {
                Array.Clear(ring);
                (first, last, Bytes) = (entry.Seq, entry.Seq - 1, 0);
            }
            if (committed.Change is { } change && entry.Target is { } target)
            {
                ChangeTarget(target, entry, change);
            }
            MakeRoom();
            last = entry.Seq;
            ring[Place(last)] = new LogEntry(shard, committed.Position, entry);
            Bytes += Size(entry);
            return true;
        }
    }

    /// <summary>Marks it as no longer kept; its bytes are given back.</summary>
    public long Drop()
    {
        lock (gate)
        {
            isDropped = true;
            return Bytes;
        }
    }

    /// <summary>The entries from one seq to another, both of them and all between; null when one of them is not here.</summary>
    public LogEntry[]? Read(long from, long to, long now)
    {
        lock (gate)
        {
            if (from < first || to > last)
            {
                return null;
            }
            Touched = now;
            return Copy(from, to);
        }
    }

    /// <summary>The entries with <c>from &lt;= seq &lt;= to</c> past a position, when there are at most as many as the limit; null when they are not all here.</summary>
    public LogEntry[]? ReadAfter(long position, long from, long to, int limit, long now)
    {
        lock (gate)
        {
            if (last < first || to > last || LastAt(position) is not { } before)
            {
                return null;
            }
            Touched = now;
            var start = Math.Max(from, before + 1);
            return start > to ? [] : start < first || to - start >= limit ? null : Copy(start, to);
        }
    }

    /// <summary>The last seq at or before a position; null when that cannot be told from here.</summary>
    public long? FindLast(long position)
    {
        lock (gate)
        {
            return last < first ? null : LastAt(position);
        }
    }

    private long? LastAt(long position)
    {
        var (low, high) = (first - 1, last);
        while (low < high)
        {
            var middle = high - ((high - low) / 2);
            if (ring[Place(middle)].Position <= position)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }
        return low >= first || first == 1 ? low : null;
    }

    private LogEntry[] Copy(long from, long to)
    {
        var copy = new LogEntry[to - from + 1];
        for (var seq = from; seq <= to; seq++)
        {
            copy[seq - from] = ring[Place(seq)];
        }
        return copy;
    }

    private void ChangeTarget(long target, Entry by, Change change)
    {
        // An edit carries its target's present body, so an older edit of the same message changes with it.
        if (change is Change.Edit or Change.Delete)
        {
            for (var seq = first; seq <= last; seq++)
            {
                if (ring[Place(seq)].Entry is { Kind: EntryKind.Edited } edited && edited.Target == target)
                {
                    Replace(seq, edited with { Body = change is Change.Edit ? by.Body : null });
                }
            }
        }
        if (target >= first && target <= last && ring[Place(target)].Entry is { Kind: EntryKind.Message } message
            // What another node wrote is read in present state, with its later changes in it.
            && !(message.Changed >= by.Seq))
        {
            Replace(target, Changed(message, by, change) with { Changed = by.Seq });
        }
    }

    private static Entry Changed(Entry message, Entry by, Change change) => change switch
    {
        Change.Edit => message with { Body = by.Body, EditedAt = by.At },
        Change.Delete => message with { Body = null, Reactions = null, IsDeleted = true, IsPinned = null },
        Change.Pin pin => message with { IsPinned = pin.Pinned ? true : null },
        Change.React react => message with { Reactions = Reacted(message.Reactions ?? [], react, by.SenderId) },
        _ => message,
    };

    private static ReactionGroup[]? Reacted(ReactionGroup[] groups, Change.React react, Guid user)
    {
        var list = new List<ReactionGroup>(groups);
        var place = list.FindIndex(group => group.Emoji == react.Emoji);
        if (react.Remove)
        {
            if (place >= 0)
            {
                var rest = Array.FindAll(list[place].UserIds, id => id != user);
                if (rest.Length == 0)
                {
                    list.RemoveAt(place);
                }
                else
                {
                    list[place] = list[place] with { UserIds = rest };
                }
            }
        }
        else if (place < 0)
        {
            list.Add(new ReactionGroup(react.Emoji, [user]));
        }
        else if (!list[place].UserIds.Contains(user))
        {
            list[place] = list[place] with { UserIds = [.. list[place].UserIds, user] };
        }
        return list.Count == 0 ? null : [.. list];
    }

    private void Replace(long seq, Entry entry)
    {
        var old = ring[Place(seq)];
        Bytes += Size(entry) - Size(old.Entry);
        ring[Place(seq)] = old with { Entry = entry };
    }

    private void MakeRoom()
    {
        var count = (int)(last - first + 1);
        if (count >= Length)
        {
            Bytes -= Size(ring[Place(first)].Entry);
            ring[Place(first++)] = null!;
        }
        else if (count == ring.Length)
        {
            var old = ring;
            var larger = new LogEntry[old.Length * 2];
            for (var seq = first; seq <= last; seq++)
            {
                larger[seq % larger.Length] = old[seq % old.Length];
            }
            ring = larger;
        }
    }

    private int Place(long seq) => (int)(seq % ring.Length);

    private static long Size(Entry entry)
    {
        var size = EntryBytes + (entry.Body?.Utf8.Length ?? 0);
        foreach (var group in entry.Reactions ?? [])
        {
            size += 80 + (group.UserIds.Length * 16);
        }
        return size;
    }
}
