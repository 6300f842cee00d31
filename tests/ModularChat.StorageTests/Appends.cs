using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>Short words for appends, as tests say them.</summary>
internal static class Appends
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Append Create(Guid conversation, params Guid[] users) =>
        Create(conversation, HistoryVisibility.All, [.. users.Select((u, i) => (u, i == 0 ? MemberRole.Owner : MemberRole.Member))]);

    public static Append Create(Guid conversation, HistoryVisibility history, (Guid UserId, MemberRole Role)[] members) =>
        Make(conversation, members[0].UserId, EntryKind.Created, 0, new Change.Create(ConversationKind.Group, "title", history, members));

    public static Append Message(Guid conversation, Guid sender, string text, long membersSeq = 1, Guid? id = null) =>
        Make(conversation, sender, EntryKind.Message, membersSeq, null, Body(text), null, id);

    public static Append Edit(Guid conversation, Guid sender, long target, string text, long membersSeq = 1) =>
        Make(conversation, sender, EntryKind.Edited, membersSeq, new Change.Edit(), Body(text), target);

    public static Append Delete(Guid conversation, Guid sender, long target, long membersSeq = 1) =>
        Make(conversation, sender, EntryKind.Deleted, membersSeq, new Change.Delete(), null, target);

    public static Append React(Guid conversation, Guid sender, long target, string emoji, bool remove = false, long membersSeq = 1) =>
        Make(conversation, sender, EntryKind.Reaction, membersSeq, new Change.React(emoji, remove),
            new JsonBody(JsonSerializer.SerializeToUtf8Bytes(new ReactionBody(emoji, remove ? true : null), ContractsJson.Default.ReactionBody)), target);

    public static Append Pin(Guid conversation, Guid sender, long target, bool pinned, long membersSeq = 1) =>
        Make(conversation, sender, EntryKind.Pinned, membersSeq, new Change.Pin(pinned),
            new JsonBody(JsonSerializer.SerializeToUtf8Bytes(new PinnedBody(pinned), ContractsJson.Default.PinnedBody)), target);

    public static Append Members(Guid conversation, Guid sender, long membersSeq, params MemberChange[] changes) =>
        Make(conversation, sender, EntryKind.Members, membersSeq, new Change.ChangeMembers(changes));

    public static Append Settings(Guid conversation, Guid sender, long membersSeq, string? title, KeepRule? keep = null) =>
        Make(conversation, sender, EntryKind.Settings, membersSeq, new Change.Settings(title, null, keep),
            new JsonBody(JsonSerializer.SerializeToUtf8Bytes(new SettingsBody(title, null, keep), ContractsJson.Default.SettingsBody)));

    public static JsonBody Body(string text) => new(JsonSerializer.SerializeToUtf8Bytes(new MessageBody(text), ContractsJson.Default.MessageBody));

    public static string? Text(Entry entry) =>
        entry.Body is null ? null : JsonSerializer.Deserialize(entry.Body.Utf8.Span, ContractsJson.Default.MessageBody)!.Text;

    public static byte[] Hash(string request) => SHA256.HashData(Encoding.UTF8.GetBytes(request))[..16];

    private static Append Make(
        Guid conversation, Guid sender, EntryKind kind, long membersSeq, Change? change, JsonBody? body = null, long? target = null, Guid? id = null) => new()
        {
            ConversationId = conversation,
            SenderId = sender,
            ClientMessageId = id ?? Ids.New(),
            RequestHash = Hash($"{kind} {body} {target} {change?.GetType().Name}"),
            Kind = kind,
            At = Start.AddTicks(1234567),
            Body = body,
            Target = target,
            MembersSeq = membersSeq,
            Change = change,
        };
}
