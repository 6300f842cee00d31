namespace ModularChat.Client.Folding;

/// <summary>The newest messages of a conversation in present state, and the entries that are shown between them, by seq.</summary>
internal sealed class Timeline(int limit)
{
    private readonly List<Entry> _entries = [];

    public IReadOnlyList<Entry> Entries => _entries;

    public void Clear() => _entries.Clear();

    /// <summary>Puts an entry in its place; of two copies of a message the one with the later change stays.</summary>
    public void Put(Entry entry)
    {
        if (limit == 0)
        {
            return;
        }
        var index = Find(entry.Seq);
        if (index >= 0)
        {
            if ((entry.Changed ?? 0) > (_entries[index].Changed ?? 0))
            {
                _entries[index] = entry;
            }
            return;
        }
        _entries.Insert(~index, entry);
        if (_entries.Count > limit)
        {
            _entries.RemoveAt(0);
        }
    }

    /// <summary>Applies an entry about a message to it, if it is here and does not include that change already.</summary>
    public void Change(Entry entry)
    {
        if (entry.Target is not { } target || Find(target) is var index && index < 0)
        {
            return;
        }
        var message = _entries[index];
        if (entry.Seq <= (message.Changed ?? 0) || message.Kind != EntryKind.Message)
        {
            return;
        }
        _entries[index] = entry.Kind switch
        {
            // Without body the target may not be seen, or is deleted by an entry that is still to come.
            EntryKind.Edited => message with
            {
                Body = message.IsDeleted == true ? null : entry.Body ?? message.Body,
                EditedAt = message.IsDeleted == true ? message.EditedAt : entry.At,
                Changed = entry.Seq,
            },
            EntryKind.Deleted => message with { Body = null, Reactions = null, IsPinned = null, IsDeleted = true, Changed = entry.Seq },
            EntryKind.Reaction when entry.Body?.Emoji is { } emoji => message with
            {
                Reactions = React(message.Reactions ?? [], emoji, entry.SenderId, entry.Body.Removed == true),
                Changed = entry.Seq,
            },
            EntryKind.Pinned when entry.Body is { } body => message with { IsPinned = body.Pinned == true ? true : null, Changed = entry.Seq },
            _ => message,
        };
    }

    /// <summary>Messages by others above a seq, or null when the timeline does not reach back to it.</summary>
    public long? UnreadAfter(long read, Guid me)
    {
        if (limit == 0 || _entries.Count == 0 || _entries[0].Seq > read + 1)
        {
            return null;
        }
        var count = 0;
        for (var i = _entries.Count - 1; i >= 0 && _entries[i].Seq > read; i--)
        {
            if (_entries[i].Kind == EntryKind.Message && _entries[i].SenderId != me)
            {
                count++;
            }
        }
        return count;
    }

    private static List<ReactionGroup>? React(IReadOnlyList<ReactionGroup> groups, string emoji, Guid user, bool remove)
    {
        var result = new List<ReactionGroup>(groups.Count + 1);
        var found = false;
        foreach (var group in groups)
        {
            if (group.Emoji != emoji)
            {
                result.Add(group);
                continue;
            }
            found = true;
            List<Guid> users = [.. group.UserIds.Where(id => id != user)];
            if (!remove)
            {
                // One who is there already keeps the place.
                users = group.UserIds.Contains(user) ? [.. group.UserIds] : [.. users, user];
            }
            if (users.Count > 0)
            {
                result.Add(new ReactionGroup(emoji, users));
            }
        }
        if (!found && !remove)
        {
            result.Add(new ReactionGroup(emoji, [user]));
        }
        return result.Count > 0 ? result : null;
    }

    /// <summary>The index of a seq, or the complement of where it belongs.</summary>
    private int Find(long seq)
    {
        var (low, high) = (0, _entries.Count - 1);
        if (high >= 0 && _entries[high].Seq < seq)
        {
            return ~_entries.Count;
        }
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = _entries[middle].Seq;
            if (found == seq)
            {
                return middle;
            }
            (low, high) = found < seq ? (middle + 1, high) : (low, middle - 1);
        }
        return ~low;
    }
}
