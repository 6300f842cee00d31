using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>
/// A page of a conversation whose end this node knows about, read by plain commands in one step: a script would take each row in and give it out
/// again, which costs three times as much. What is not as simple (rows with reactions or edits, a conversation that retention has cut) is left to <c>page.lua</c>.
/// </summary>
internal sealed class RedisQuickPage
{
    private const int Block = 1024;
    private const int Edited = 2, HasReactions = 4;

    private readonly Guid _id;
    private readonly int _shard;
    private readonly long _from, _to, _start, _end;
    private readonly int _limit;
    private readonly bool _isNewest, _isOpen;

    private RedisQuickPage(Guid id, int shard, long from, long to, int limit, bool isNewest, long known)
    {
        (_id, _shard, _from, _to, _limit, _isNewest) = (id, shard, Math.Max(1, from), to, limit, isNewest);
        (_start, _end) = Bounds(known);
        _isOpen = _end == known && to > known;
    }

    /// <summary>How such a page would be read; null when it is one for the script.</summary>
    public static RedisQuickPage? Plan(KnownStates states, Guid id, int shard, long from, long to, int limit, bool isNewest)
    {
        if (limit <= 0 || states.Look(id) is not var (seq, parted))
        {
            return null;
        }
        var page = new RedisQuickPage(id, shard, from, to, limit, isNewest, seq);
        return page._start <= page._end && page._start > parted ? page : null;
    }

    /// <summary>Head and rows, as one moment has them.</summary>
    public RespCommand[] Commands(RedisKeys keys)
    {
        var (first, last) = ((_start - 1) / Block, (_end - 1) / Block);
        var commands = new List<RespCommand> { new("MULTI"), new RespCommand("HMGET").Add(keys.Conversation(_shard, _id)).Add("h").Add("b") };
        for (var block = first; block <= last; block++)
        {
            commands.Add(new RespCommand("LRANGE").Add(keys.Entries(_shard, _id, (int)block))
                .Add(block == first ? _start - 1 - (block * Block) : 0)
                .Add(block == last && !_isOpen ? _end - 1 - (block * Block) : -1));
        }
        commands.Add(new RespCommand("EXEC"));
        return [.. commands];
    }

    /// <summary>The page; null when it turns out to be one for the script.</summary>
    public List<LogEntry>? Read(RespValue answer, KnownStates states)
    {
        if (answer.Items is not [var state, .. var lists] || state.Items is not [{ IsNull: false } stored, { IsNull: true }])
        {
            return null;
        }
        var head = RedisRows.Head(stored.Bytes, _id, _shard);
        var (start, end) = Bounds(head.Seq);
        // What was written meanwhile may have moved the page on, or begun a new list.
        if (start < _start || head.Cut >= start || (end - 1) / Block != (_end - 1) / Block)
        {
            return null;
        }
        var entries = new List<LogEntry>((int)(end - start + 1));
        var seq = _start;
        foreach (var row in lists.SelectMany(l => l.Items))
        {
            if (seq >= start && seq <= end)
            {
                if (row.Bytes[0] == Edited || (row.Bytes[1] & HasReactions) != 0)
                {
                    states.NoteParted(_id, seq);
                    return null;
                }
                entries.Add(RedisRows.LogEntry(row.Bytes, _id, _shard, seq, []));
            }
            seq++;
        }
        return entries.Count == end - start + 1 ? entries : null;
    }

    private (long Start, long End) Bounds(long last)
    {
        var end = Math.Min(_to, last);
        return _isNewest ? (Math.Max(_from, end - _limit + 1), end) : (_from, Math.Min(end, _from + _limit - 1));
    }
}
