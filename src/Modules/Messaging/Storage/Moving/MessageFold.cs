using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.Moving;

/// <summary>
/// Works out from the entries about messages what the messages' own rows must say, and compares. Keeps only messages that were changed, and
/// of bodies nothing.
/// </summary>
internal sealed class MessageFold(Action<long, string> report)
{
    private readonly Dictionary<long, EntryRow> _changed = [];
    private readonly Dictionary<long, Expected> _expected = [];

    /// <summary>Takes in one entry after another, in seq order.</summary>
    public void Add(EntryRow row, long cut)
    {
        if (row.Kind == EntryKind.Message)
        {
            if (row.Changed is not null || row.IsDeleted || row.IsPinned || row.EditedAt is not null || row.Reactions.Count > 0)
            {
                _changed.Add(row.Seq, row with { Body = null });
            }
        }
        else if (row.Changed is not null || row.IsDeleted || row.IsPinned || row.EditedAt is not null || row.Reactions.Count > 0)
        {
            report(row.Seq, "it is no message, but its row says that it was changed.");
        }
        if (row.Kind is EntryKind.Edited or EntryKind.Deleted or EntryKind.Reaction or EntryKind.Pinned)
        {
            if (row.Target is not { } target || target < 1 || target >= row.Seq)
            {
                report(row.Seq, "it is about no message before it.");
            }
            else if (target > cut)
            {
                Expect(target, row);
            }
        }
    }

    /// <summary>Compares, after the last entry.</summary>
    /// <param name="isMessage">Whether an entry is there and is a message.</param>
    /// <param name="cut">Rows up to it hold no content any more.</param>
    public void Compare(Func<long, bool> isMessage, long cut)
    {
        foreach (var (seq, expected) in _expected)
        {
            if (!isMessage(seq))
            {
                report(expected.Changed, $"it is about seq {seq}, which is no message.");
            }
            else if (!_changed.TryGetValue(seq, out var row))
            {
                report(seq, $"its row does not know of the change by seq {expected.Changed}.");
            }
            else
            {
                Compare(seq, row, expected);
            }
        }
        foreach (var seq in _changed.Keys.Where(s => s > cut && !_expected.ContainsKey(s)))
        {
            report(seq, "its row says that it was changed, but no entry does.");
        }
    }

    private void Compare(long seq, EntryRow row, Expected expected)
    {
        var reactions = row.Reactions.OrderBy(r => r.First).ThenBy(r => r.Added).Select(r => (r.Emoji, r.UserId, r.Added));
        var what =
            row.Changed != expected.Changed ? $"its row was last changed by seq {row.Changed}, the log says by {expected.Changed}."
            : row.IsDeleted != expected.IsDeleted ? "its row and the log differ in whether it is deleted."
            : row.IsPinned != expected.IsPinned ? "its row and the log differ in whether it is pinned."
            : row.EditedAt != expected.EditedAt ? "its row and the log differ in when it was edited."
            : !reactions.SequenceEqual(expected.Reactions.Values.OrderBy(r => expected.First[r.Emoji]).ThenBy(r => r.Added)) ? "its reactions are not those that the log has."
            : null;
        if (what is not null)
        {
            report(seq, what);
        }
    }

    private void Expect(long target, EntryRow row)
    {
        if (!_expected.TryGetValue(target, out var expected))
        {
            _expected.Add(target, expected = new Expected());
        }
        expected.Changed = row.Seq;
        switch (row.Kind)
        {
            case EntryKind.Edited:
                expected.EditedAt = row.At;
                break;
            case EntryKind.Deleted:
                (expected.IsDeleted, expected.IsPinned) = (true, false);
                expected.Reactions.Clear();
                break;
            case EntryKind.Pinned:
                expected.IsPinned = Parse(row, ContractsJson.Default.PinnedBody)?.Pinned ?? expected.IsPinned;
                break;
            case EntryKind.Reaction when Parse(row, ContractsJson.Default.ReactionBody) is { } reaction:
                expected.React(reaction, row);
                break;
        }
    }

    private T? Parse<T>(EntryRow row, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            if (row.Body is not null)
            {
                return JsonSerializer.Deserialize(row.Body.Utf8.Span, type);
            }
        }
        catch (JsonException)
        {
            // Said below, as a missing one is.
        }
        report(row.Seq, "its body is missing or is not what such an entry has.");
        return null;
    }

    private sealed class Expected
    {
        public long Changed { get; set; }
        public bool IsDeleted { get; set; }
        public bool IsPinned { get; set; }
        public DateTimeOffset? EditedAt { get; set; }
        public Dictionary<(string Emoji, Guid UserId), (string Emoji, Guid UserId, long Added)> Reactions { get; } = [];
        public Dictionary<string, long> First { get; } = new(StringComparer.Ordinal);

        public void React(ReactionBody reaction, EntryRow row)
        {
            var key = (reaction.Emoji, row.SenderId);
            if (reaction.Removed == true)
            {
                Reactions.Remove(key);
                return;
            }
            // An emoji that went altogether begins anew when it comes again.
            if (!Reactions.Keys.Any(k => k.Emoji == reaction.Emoji))
            {
                First[reaction.Emoji] = row.Seq;
            }
            Reactions[key] = (reaction.Emoji, row.SenderId, row.Seq);
        }
    }
}
