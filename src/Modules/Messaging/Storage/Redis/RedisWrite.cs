using System.Text;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>One operation of a batch, as <c>write.lua</c> takes it; and whoever waits for it.</summary>
internal sealed class RedisWrite(byte[] blob, byte[] body, byte[] first, byte[] second, Append? append, CancellationToken token)
{
    private static readonly byte[] Empty = [];

    private readonly Answer<RespValue[]> _done = new();

    public Append? Append => append;

    /// <summary>True when its caller has gone before it was begun.</summary>
    public bool IsAbandoned => token.IsCancellationRequested;

    /// <summary>True for one that does nothing but have the writer look at what others wrote.</summary>
    public bool IsLook => blob.Length == 0;

    /// <summary>Of an append: the field of its request.</summary>
    public ReadOnlySpan<byte> Request => blob.AsSpan(18, 12);

    /// <summary>Of an append: the part of its row that never changes.</summary>
    public ReadOnlySpan<byte> Fixed => blob.AsSpan(44);

    public ReadOnlySpan<byte> Body => body;

    public int Size => blob.Length + body.Length + first.Length + second.Length;

    /// <summary>What the script says about it.</summary>
    public Task<RespValue[]> Done => _done.Task.WaitAsync(token);

    public static RedisWrite Look() => new(Empty, Empty, Empty, Empty, null, CancellationToken.None);

    public static RedisWrite Of(Append append, byte[] key, CancellationToken token)
    {
        var (op, first, second) = Parts(append);
        var blob = RedisRows.Fixed(
            new PackedWriter(112).Byte('a').Id(append.ConversationId).Byte((int)append.Kind).Bytes(RedisKeys.Request(key, append.SenderId, append.ClientMessageId))
                .Number(append.Target ?? 0).Number(append.MembersSeq).Byte(append.SenderRole is { } role ? (int)role : 255).Byte(op),
            append.SenderId, append.At, append.ClientMessageId, append.RequestHash, EntryCheck.Of(append)).ToArray();
        // An edit's content lies in the edited message only: after a deletion no copy may remain.
        var body = append.Body is null || append.Kind == EntryKind.Edited ? Empty : append.Body.Utf8.ToArray();
        return new RedisWrite(blob, body, first, second, append, token);
    }

    public static RedisWrite Of(MarkAdvance advance, CancellationToken token)
    {
        var blob = new PackedWriter().Byte('m').Id(advance.ConversationId).Id(advance.UserId).Number(Math.Max(0, advance.Delivered ?? 0)).Number(Math.Max(0, advance.Read ?? 0));
        blob = advance.Preferences is { } preferences ? blob.Byte(RedisRows.Flags(preferences)).Bytes(RedisRows.MutedUntil(preferences)) : blob.Byte(255);
        return new RedisWrite(blob.ToArray(), Empty, Empty, Empty, null, token);
    }

    /// <summary>Hides entries up to <paramref name="upTo"/> and does the next part of what follows from it, after <paramref name="after"/>.</summary>
    public static RedisWrite Cut(Guid conversation, long upTo, long after, DateTimeOffset forgetBefore, int limit, byte[] key, CancellationToken token) => new(
        new PackedWriter().Byte('k').Id(conversation).Number(upTo).Number(after).Long(forgetBefore.UtcTicks).Number(limit).ToArray(), key, Empty, Empty, null, token);

    public void AddTo(RespCommand command) => command.Add(blob).Add(body).Add(first).Add(second);

    /// <summary>What its caller does next is done here: for <see cref="Answers{T}"/>.</summary>
    public void Complete(RespValue[] result) => _done.Set(result);

    public void Fail(Exception reason) => _done.Fail(reason);

    private static (char Op, byte[] First, byte[] Second) Parts(Append append) => append.Change switch
    {
        null => ('-', Empty, Empty),
        Change.Create create => (
            'c', Members(create.Members.Select(m => new MemberChange(m.UserId, m.Role, m.Role >= MemberRole.Member ? RangeChange.OpenAll : RangeChange.Keep))),
            [(byte)create.Kind, (byte)create.History, .. RedisRows.Title(create.Title)]),
        Change.ChangeMembers members => ('m', Members(members.Changes), Empty),
        Change.Settings settings => (
            's', [(byte)(settings.Title is null ? 0 : 1), (byte)(settings.History is { } history ? (int)history : 255), .. RedisRows.Title(settings.Title)],
            settings.Keep is null ? Empty : settings.KeepAfter(null) is { } keep ? RedisRows.Keep(keep) : [0]),
        Change.Edit => ('e', append.Body?.Utf8.ToArray() ?? Empty, new PackedWriter(4).Integer(append.Body is null ? 0 : (int)EntryCheck.OfBody(append.Body.Utf8.Span)).ToArray()),
        Change.Delete => ('d', Empty, Empty),
        Change.React react => ('r', Encoding.UTF8.GetBytes(react.Emoji), react.Remove ? "1"u8.ToArray() : "0"u8.ToArray()),
        Change.Pin pin => ('p', pin.Pinned ? "1"u8.ToArray() : "0"u8.ToArray(), Empty),
        _ => throw new InvalidOperationException($"{append.Change} is not known to this engine."),
    };

    private static byte[] Members(IEnumerable<MemberChange> changes)
    {
        var writer = new PackedWriter(256);
        foreach (var change in changes)
        {
            writer.Id(change.UserId).Byte((int)change.Role).Byte((int)change.Range);
        }
        return writer.ToArray();
    }
}
