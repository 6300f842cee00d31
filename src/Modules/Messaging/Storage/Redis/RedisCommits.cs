using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>Makes commits of what scripts answer.</summary>
internal static class RedisCommits
{
    /// <summary>What this process has just written.</summary>
    public static Commit Own(int shard, long previous, long position, RespValue[] results, List<RedisWrite> writes, RespValue[] changes)
    {
        var entries = new List<CommittedEntry>();
        for (var i = 0; i < writes.Count; i++)
        {
            if (writes[i].Append is { } append && results[i].Items is [{ Number: (long)AppendOutcome.Stored }, var seq, var place, var number])
            {
                entries.Add(new CommittedEntry(place.Number, append.ToEntry(seq.Number, number.Number), append.Change));
            }
        }
        return Make(shard, previous, position, entries, changes);
    }

    /// <summary>What was read of others: every entry in its present state, every head and member as now.</summary>
    public static Commit OfOthers(int shard, long previous, long position, IReadOnlyList<LogEntry> entries, RespValue[] changes)
    {
        var commit = Make(shard, previous, position, [], changes);
        var heads = commit.Heads.ToDictionary(h => h.ConversationId);
        var members = commit.Members.ToLookup(m => m.ConversationId, m => m.Member);
        return commit with
        {
            Entries = [.. entries.Select(e => new CommittedEntry(e.Position, e.Entry, ChangeOf(e.Entry, heads.GetValueOrDefault(e.Entry.ConversationId), members[e.Entry.ConversationId])))],
        };
    }

    private static Commit Make(int shard, long previous, long position, IReadOnlyList<CommittedEntry> entries, RespValue[] changes)
    {
        var heads = new Head[changes.Length];
        var members = new List<(Guid, Member)>();
        for (var i = 0; i < heads.Length; i++)
        {
            var change = changes[i].Items;
            var id = new Guid(change[0].Bytes, bigEndian: true);
            heads[i] = RedisRows.Head(change[1].Bytes, id, shard);
            var rows = change[2].Items;
            for (var j = 0; j < rows.Length; j += 2)
            {
                members.Add((id, RedisRows.Member(rows[j + 1].Bytes, new Guid(rows[j].Bytes, bigEndian: true))));
            }
        }
        return new Commit(shard, previous, position, entries, members, heads);
    }

    private static Change? ChangeOf(Entry entry, Head? head, IEnumerable<Member> members) => entry.Kind switch
    {
        EntryKind.Created when head is not null => new Change.Create(head.Kind, head.Title, head.History, [.. members.Select(m => (m.UserId, m.Role))]),
        EntryKind.Members => new Change.ChangeMembers([.. members.Select(m => new MemberChange(m.UserId, m.Role, RangeChange.Keep))]),
        EntryKind.Settings => new Change.Settings(head?.Title, head?.History, head?.Keep),
        EntryKind.Edited => new Change.Edit(),
        EntryKind.Deleted => new Change.Delete(),
        EntryKind.Reaction when entry.Body is { } body && JsonSerializer.Deserialize(body.Utf8.Span, ContractsJson.Default.ReactionBody) is { } reaction =>
            new Change.React(reaction.Emoji, reaction.Removed == true),
        EntryKind.Pinned when entry.Body is { } body && JsonSerializer.Deserialize(body.Utf8.Span, ContractsJson.Default.PinnedBody) is { } pinned =>
            new Change.Pin(pinned.Pinned),
        _ => null,
    };
}
