using ModularChat.Messaging.Storage.Writing;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>
/// Brings index, heads and marks up to what the log says: many entries at once and in order of conversation, because one page
/// then takes what came for many conversations. A round folds all that lagged behind when it began, a slice with each
/// transaction so that no writer waits long; when the round ends, its positions are where a crash would begin to replay.
/// </summary>
internal sealed class Folding(LogTables tables, Unfolded unfolded, long[] positions, int roundAfter)
{
    private const int MinSlice = 200;

    private readonly List<ConversationState> _folded = [];
    private List<ConversationState> _dirty = [];
    private List<ConversationState> _round = [];
    private long[] _roundPositions = [];
    private int _next;
    private int _lag;

    /// <summary>A conversation's rows lag behind from now on.</summary>
    public void Add(ConversationState state)
    {
        state.IsDirty = true;
        _dirty.Add(state);
    }

    /// <summary>Within a transaction that wrote <paramref name="written"/> entries and marks: folds a slice when it is time.</summary>
    public void Step(int written)
    {
        _lag += written;
        if (_next == _round.Count && _lag >= roundAfter)
        {
            BeginRound();
        }
        if (_next < _round.Count)
        {
            Slice(Math.Max(MinSlice, written * 2));
        }
    }

    /// <summary>Folds everything; before the log is closed.</summary>
    public void Finish()
    {
        Slice(int.MaxValue);
        BeginRound();
        Slice(int.MaxValue);
    }

    /// <summary>The transaction is on disk: readers find in the rows what was folded.</summary>
    public void Committed()
    {
        if (_folded.Count > 0)
        {
            unfolded.Remove(_folded);
            _folded.Clear();
        }
    }

    private void BeginRound()
    {
        (_round, _dirty) = (_dirty, []);
        _round.Sort((a, b) => a.Key.CompareTo(b.Key));
        _roundPositions = [.. positions];
        (_next, _lag) = (0, 0);
    }

    private void Slice(int work)
    {
        while (_next < _round.Count && work > 0)
        {
            var state = _round[_next++];
            work -= 1 + state.Tail.Count;
            Fold(state);
        }
        if (_next == _round.Count && _roundPositions.Length > 0)
        {
            for (var shard = 0; shard < _roundPositions.Length; shard++)
            {
                tables.WriteFolded(shard, _roundPositions[shard]);
            }
            _roundPositions = [];
            _round = [];
            _next = 0;
        }
    }

    /// <summary>Folds one conversation at once, within a transaction.</summary>
    public void Fold(ConversationState state)
    {
        var seq = state.TailFrom;
        foreach (var place in state.Tail)
        {
            tables.AddIndex(state.Key, seq++, place);
        }
        state.Tail.Clear();
        tables.WriteState(state);
        foreach (var member in state.Members.Values)
        {
            if (member is not null)
            {
                member.IsDirty = false;
            }
        }
        state.IsDirty = false;
        _folded.Add(state);
    }
}
