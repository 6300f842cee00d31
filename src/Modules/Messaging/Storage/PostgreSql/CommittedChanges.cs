using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>
/// What entries of other nodes changed, told from the rows: the entry says what it is, its body how, and the members are those whose rows the
/// commit holds. Their roles are the present ones; which of several entries gave them is not known, and nobody needs it.
/// </summary>
internal sealed class CommittedChanges(IReadOnlyList<Head> heads, IReadOnlyList<(Guid ConversationId, Member Member)> members)
{
    private readonly Dictionary<Guid, Head> _heads = heads.ToDictionary(h => h.ConversationId);
    private readonly ILookup<Guid, Member> _members = members.ToLookup(m => m.ConversationId, m => m.Member);

    public Change? Of(Entry entry) => entry.Kind switch
    {
        EntryKind.Created when _heads.TryGetValue(entry.ConversationId, out var head) =>
            new Change.Create(head.Kind, head.Title, head.History, [.. _members[entry.ConversationId].Select(m => (m.UserId, m.Role))]),
        EntryKind.Members => new Change.ChangeMembers([.. _members[entry.ConversationId].Select(m => new MemberChange(m.UserId, m.Role, RangeChange.Keep))]),
        EntryKind.Settings => Settings(entry.Body),
        EntryKind.Edited => new Change.Edit(),
        EntryKind.Deleted => new Change.Delete(),
        EntryKind.Reaction when Body(entry.Body, ContractsJson.Default.ReactionBody) is { } body => new Change.React(body.Emoji, body.Removed == true),
        EntryKind.Pinned when Body(entry.Body, ContractsJson.Default.PinnedBody) is { } body => new Change.Pin(body.Pinned),
        _ => null,
    };

    private static Change.Settings Settings(JsonBody? body)
    {
        var settings = Body(body, ContractsJson.Default.SettingsBody);
        return new Change.Settings(settings?.Title, settings?.History, settings?.Keep);
    }

    private static T? Body<T>(JsonBody? body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class => body is null ? null : JsonSerializer.Deserialize(body.Utf8.Span, type);
}
