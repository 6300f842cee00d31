using ModularChat.Client;

namespace ModularChat.Cli.Replay;

/// <summary>What went wrong on devices; one for the whole run.</summary>
internal sealed class Faulty
{
    public long Delivered;
    public long Duplicated;
    public long Reordered;
    public long Different;
    public long Skipped;

    public static void Add(ref long counter) => Interlocked.Increment(ref counter);
}

/// <summary>
/// Checks one device, in a few bytes a group. Twice: what the client hands out must be every entry once and in order; and what the server wrote to the
/// live connection must be too, which the client would otherwise put right without a word.
/// </summary>
internal sealed class DeviceCheck
{
    private readonly Ledger _ledger;
    private readonly Faulty _faulty;
    private readonly Slot[] _slots;

    public DeviceCheck(IReadOnlyList<int> groups, Ledger ledger, Faulty faulty)
    {
        (_ledger, _faulty) = (ledger, faulty);
        _slots = [.. groups.Select(group => new Slot { Group = group })];
    }

    /// <summary>Groups, the last seq of each, and a hash over all entries in order.</summary>
    public IEnumerable<(int Group, long Have, ulong Hash, long Messages)> Folded => _slots.Select(slot => (slot.Group, Volatile.Read(ref slot.Have), slot.Hash, slot.Messages));

    public bool HasAll => Array.TrueForAll(_slots, slot => Volatile.Read(ref slot.Have) >= _ledger.Head(slot.Group));

    /// <summary>Live entries that never came over the wire although later ones did, up to now.</summary>
    public int Missing => _slots.Sum(slot => slot.Missing?.Count ?? 0);

    public void OnEvent(ChatEvent what)
    {
        switch (what)
        {
            case EntryReceived { Entry: var entry } when Find(entry.ConversationId) is { } slot:
                Take(slot, entry);
                break;
            case ConnectionChanged { State: ConnectionState.Live }:
                // A new connection begins after what its sync brought.
                foreach (var slot in _slots)
                {
                    slot.Wire = slot.Have;
                }
                break;
        }
    }

    /// <summary>A live entry as it came over the connection.</summary>
    public void OnRawEntry(Entry entry)
    {
        if (Find(entry.ConversationId) is not { } slot)
        {
            return;
        }
        if (entry.Seq <= slot.Wire)
        {
            var late = slot.Missing?.Remove(entry.Seq) == true;
            Faulty.Add(ref late ? ref _faulty.Reordered : ref _faulty.Duplicated);
            return;
        }
        for (var seq = slot.Wire + 1; seq < entry.Seq; seq++)
        {
            (slot.Missing ??= []).Add(seq);
        }
        slot.Wire = entry.Seq;
    }

    private void Take(Slot slot, Entry entry)
    {
        if (entry.Seq != slot.Have + 1)
        {
            Faulty.Add(ref entry.Seq <= slot.Have ? ref _faulty.Duplicated : ref _faulty.Skipped);
        }
        var fingerprint = Ledger.Fingerprint(entry.Kind, entry.SenderId, entry.Text);
        if (!_ledger.Saw(slot.Group, entry.Seq, fingerprint))
        {
            Faulty.Add(ref _faulty.Different);
        }
        slot.Hash = unchecked((slot.Hash * 31) + fingerprint + (ulong)entry.Seq);
        if (entry.Kind == EntryKind.Message)
        {
            slot.Messages++;
            Faulty.Add(ref _faulty.Delivered);
        }
        Volatile.Write(ref slot.Have, entry.Seq);
    }

    private Slot? Find(Guid conversation)
    {
        if (_ledger.Group(conversation) is { } group)
        {
            foreach (var slot in _slots)
            {
                if (slot.Group == group)
                {
                    return slot;
                }
            }
        }
        return null;
    }

    private sealed class Slot
    {
        public int Group;
        public long Have, Wire, Messages;
        public ulong Hash;
        public HashSet<long>? Missing;
    }
}
