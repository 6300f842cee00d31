using System.Globalization;
using ModularChat.Client;

namespace ModularChat.Cli.Prove;

/// <summary>
/// What one device has, and the rules that the server's frames to it must keep: on one connection each entry of a group once and in order, and no
/// cursor beyond what was given. It mends nothing: a hole that a cursor passes is a loss.
/// </summary>
internal sealed class DeviceCopy(string who, IEnumerable<Guid> groups, Proof proof, Plant? plant = null)
{
    private readonly Dictionary<Guid, Copy> _copies = groups.ToDictionary(group => group, _ => new Copy());

    public string? Cursor { get; private set; }

    /// <summary>True when it has everything up to these places.</summary>
    public bool Has(IReadOnlyDictionary<Guid, long> heads)
    {
        foreach (var (group, copy) in _copies)
        {
            if (Volatile.Read(ref copy.Have) < heads.GetValueOrDefault(group))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Something new was given: for the time that it took.</summary>
    public Action<string>? Came { get; init; }

    /// <summary>Whether what comes tells how long it took; not for a device that was away.</summary>
    public bool IsTimed { get; set; } = true;

    /// <summary>A connection begins: what came after the last cursor may come again.</summary>
    public void Begin()
    {
        foreach (var copy in _copies.Values)
        {
            copy.Wire = 0;
            copy.Early.Clear();
        }
    }

    /// <summary>A live entry.</summary>
    public void Take(Entry entry)
    {
        if (!_copies.TryGetValue(entry.ConversationId, out var copy))
        {
            return;
        }
        if (entry.Seq <= copy.Wire)
        {
            proof.Blame(
                entry.Seq > copy.Have && !copy.Early.Contains(entry.Seq) ? Wrong.Reordered : Wrong.Duplicated,
                $"{who} was sent {Proof.Place(entry.ConversationId, entry.Seq)} after seq {copy.Wire.ToString(CultureInfo.InvariantCulture)} on one connection");
        }
        copy.Wire = Math.Max(copy.Wire, entry.Seq);
        Keep(copy, entry);
    }

    /// <summary>A page of a sync, on whichever transport; its gap has been read before.</summary>
    public void Take(ConversationSync page, IEnumerable<Entry> fromHistory)
    {
        if (!_copies.TryGetValue(page.State.Id, out var copy))
        {
            return;
        }
        foreach (var entry in fromHistory.Concat(page.Entries))
        {
            // What this connection has given already does not come on it again; what came on an earlier one may.
            copy.Wire = Math.Max(copy.Wire, entry.Seq);
            Keep(copy, entry);
        }
    }

    /// <summary>The server says that this device has everything up to here.</summary>
    public void Take(string cursor)
    {
        foreach (var (group, copy) in _copies)
        {
            if (copy.Early.Count > 0)
            {
                proof.Blame(Wrong.Lost, $"a cursor tells {who} that it has all, but it lacks {Proof.Place(group, copy.Have + 1)}");
                copy.Early.Clear();
            }
        }
        Cursor = cursor;
    }

    /// <summary>Drops the cursor: the server does not know it any more.</summary>
    public void Forget() => Cursor = null;

    /// <summary>Holds what was confirmed against what is here.</summary>
    public void Check()
    {
        foreach (var (group, copy) in _copies)
        {
            foreach (var (seq, text) in proof.AckedIn(group))
            {
                if (copy.Texts.GetValueOrDefault(seq) is not { } has)
                {
                    proof.Blame(Wrong.Lost, $"'{text}', confirmed as {Proof.Place(group, seq)}, never came to {who}");
                }
                else if (has != text)
                {
                    proof.Blame(Wrong.Lost, $"{Proof.Place(group, seq)} was confirmed as '{text}' and is '{has}' for {who}");
                }
            }
        }
    }

    private void Keep(Copy copy, Entry entry)
    {
        if (entry.Seq <= copy.Have)
        {
            return;
        }
        var text = entry.Text ?? entry.Kind.ToString();
        if (entry.Seq > copy.Have + 1)
        {
            copy.Early.Add(entry.Seq);
        }
        else
        {
            copy.Early.Remove(entry.Seq);
            var have = entry.Seq;
            while (copy.Early.Remove(have + 1))
            {
                have++;
            }
            Volatile.Write(ref copy.Have, have);
        }
        if (entry.Kind == EntryKind.Message)
        {
            if (plant?.Swallows(who) == true)
            {
                return;
            }
            proof.Saw(entry.ConversationId, entry.Seq, text, who);
            if (copy.Texts.TryAdd(entry.Seq, text) && IsTimed)
            {
                Came?.Invoke(text);
            }
        }
    }

    private sealed class Copy
    {
        public long Have;

        /// <summary>The last live entry of this connection.</summary>
        public long Wire;

        /// <summary>What came before what stands before it.</summary>
        public readonly SortedSet<long> Early = [];

        public readonly Dictionary<long, string> Texts = [];
    }
}

/// <summary>A loss made on purpose, so that a run shows that it would find one: one message that one device was given counts as never given.</summary>
internal sealed class Plant
{
    private int _left = 1;

    /// <summary>True once.</summary>
    public bool Swallows(string who) => who.Length > 0 && Interlocked.Exchange(ref _left, 0) == 1;
}
