using ModularChat.Client;

namespace ModularChat.Cli.Replay;

/// <summary>
/// What every device must have seen: for each group the fingerprint of the entry at each seq. The first device to see a seq states it,
/// all others must see the same, and the acks must name the same. Safe for many threads.
/// </summary>
internal sealed class Ledger
{
    private readonly Dictionary<Guid, int> _groups;
    private readonly ulong[][] _entries;
    private readonly ulong[][] _acked;
    private readonly int[] _heads;

    public Ledger(ReplayPlan plan)
    {
        _groups = plan.Groups.ToDictionary(group => group.Id, group => group.Index);
        // A membership entry for every hundred people comes on top of the messages; twice that leaves room for a server that doubles.
        _entries = [.. plan.Groups.Select(group => new ulong[(2 * group.Messages) + group.Members.Count + 100])];
        _acked = [.. _entries.Select(entries => new ulong[entries.Length])];
        _heads = new int[plan.Groups.Count];
    }

    /// <summary>Which group it is; null for any other conversation.</summary>
    public int? Group(Guid id) => _groups.TryGetValue(id, out var index) ? index : null;

    /// <summary>The last seq that any device has seen.</summary>
    public int Head(int group) => Volatile.Read(ref _heads[group]);

    /// <summary>Raises the last seq that is known to exist.</summary>
    public void Raise(int group, long seq)
    {
        int known;
        while ((known = Volatile.Read(ref _heads[group])) < seq && Interlocked.CompareExchange(ref _heads[group], (int)seq, known) != known)
        {
        }
    }

    /// <summary>A device has seen an entry. False when another device has seen something else there.</summary>
    public bool Saw(int group, long seq, ulong fingerprint)
    {
        if (seq <= 0 || seq >= _entries[group].Length)
        {
            return false;
        }
        Raise(group, seq);
        var before = Interlocked.CompareExchange(ref _entries[group][seq], fingerprint, 0);
        return before == 0 || before == fingerprint;
    }

    /// <summary>The server has confirmed a message. False when it has confirmed another one there.</summary>
    public bool Acked(int group, long seq, ulong fingerprint)
    {
        if (seq <= 0 || seq >= _acked[group].Length)
        {
            return false;
        }
        Raise(group, seq);
        return Interlocked.CompareExchange(ref _acked[group][seq], fingerprint, 0) == 0;
    }

    /// <summary>Confirmed messages that no device has seen as they were sent.</summary>
    public int CountDifferent()
    {
        var count = 0;
        for (var group = 0; group < _acked.Length; group++)
        {
            for (var seq = 0; seq < _acked[group].Length; seq++)
            {
                count += _acked[group][seq] != 0 && _acked[group][seq] != _entries[group][seq] ? 1 : 0;
            }
        }
        return count;
    }

    /// <summary>FNV-1a over what must not change on the way; never 0.</summary>
    public static ulong Fingerprint(EntryKind kind, Guid sender, string? text)
    {
        Span<byte> id = stackalloc byte[16];
        sender.TryWriteBytes(id);
        var hash = 14695981039346656037UL ^ (ulong)kind;
        foreach (var b in id)
        {
            hash = unchecked((hash ^ b) * 1099511628211UL);
        }
        foreach (var c in text ?? "")
        {
            hash = unchecked((hash ^ c) * 1099511628211UL);
        }
        return hash | 1;
    }
}
