namespace ModularChat.Presence.Watching;

/// <summary>
/// Where several nodes have leases, news of a change may be lost. So everybody who is watched is looked at again from time to time, a few in each tick.
/// </summary>
internal sealed class Doubts
{
    /// <summary>Ticks in which everybody is looked at once.</summary>
    private const int Ticks = 15;

    private readonly Queue<Guid> _waiting = new();
    private int _share;

    /// <summary>Whom to look at in this tick.</summary>
    public IEnumerable<Guid> Take(IReadOnlyCollection<Guid> targets, bool isShared, bool all)
    {
        if (!isShared)
        {
            return [];
        }
        if (all)
        {
            _waiting.Clear();
            return targets;
        }
        if (_waiting.Count == 0)
        {
            foreach (var target in targets)
            {
                _waiting.Enqueue(target);
            }
            _share = (_waiting.Count + Ticks - 1) / Ticks;
        }
        List<Guid> taken = [];
        while (taken.Count < _share && _waiting.TryDequeue(out var target))
        {
            taken.Add(target);
        }
        return taken;
    }
}
