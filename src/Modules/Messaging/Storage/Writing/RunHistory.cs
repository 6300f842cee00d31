namespace ModularChat.Messaging.Storage.Writing;

/// <summary>The runs of a log.</summary>
internal sealed class RunHistory(IReadOnlyList<RunRow> runs)
{
    private volatile IReadOnlyList<RunRow> _runs = runs;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<RunRow> Runs
    {
        get => _runs;
        set => _runs = value;
    }

    /// <summary>True when the run is known, and no position lies past its end, or past the head for the newest.</summary>
    public bool Contains(Guid run, long[] positions, long[] head)
    {
        var all = _runs;
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i].Id == run)
            {
                var end = i + 1 < all.Count ? all[i + 1].Started : head;
                return positions.Length == end.Length && positions.Zip(end).All(p => p.First >= 0 && p.First <= p.Second);
            }
        }
        return false;
    }
}
