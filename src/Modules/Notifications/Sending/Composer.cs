using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Deciding;
using ModularChat.Notifications.Keys;
using ModularChat.Notifications.Preferences;
using ModularChat.Notifications.Providers;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Sending;

/// <summary>A push that can be sent, or why it need not be.</summary>
internal sealed record Composed(PushMessage? Message, string? Suppressed = null);

/// <summary>Makes of a reference what is sent, as everything is at that moment: what was read, deleted, muted or hidden since is not sent.</summary>
internal sealed class Composer(
    IMediator mediator, PreferenceBook preferences, AwaitedDeliveries awaited, ServerKeys keys, TimeProvider time)
{
    private const int TopicBytes = 24, ReceiptBytes = 16;

    /// <summary>One for each push, in their order.</summary>
    public async Task<Composed[]> ComposeAsync(IReadOnlyList<QueueRow> pushes, CancellationToken token)
    {
        var facts = await Facts.ReadAsync(pushes, mediator, preferences, token);
        var composed = new Composed[pushes.Count];
        for (var i = 0; i < composed.Length; i++)
        {
            composed[i] = Compose(pushes[i], facts, await ReceiptAsync(pushes[i].Id, token));
        }
        return composed;
    }

    private Composed Compose(QueueRow push, Facts facts, string receipt)
    {
        var life = push.ExpiresAt - time.GetUtcNow();
        var payload = new PushPayload { Id = push.Id, Kind = Name(push.Subject), Receipt = receipt };
        if (push.Subject == PushSubject.Test)
        {
            return new Composed(new PushMessage(payload with { At = push.CreatedAt }, Topic(push.Id, push.SubscriptionId), life, true));
        }
        if (push.Subject == PushSubject.Read)
        {
            // A topic of its own: at a device that is away it must not take the place of a message that came since.
            return new Composed(new PushMessage(
                payload with { ConversationId = push.ConversationId, Seq = push.Seq, Unread = facts.Unread(push) }, Topic(push.ConversationId, push.SubscriptionId), life, false));
        }
        var content = facts.Wishes(push).Content;
        if (push.Subject is PushSubject.Call or PushSubject.CallEnded)
        {
            payload = payload with { ConversationId = push.ConversationId, CallId = push.CallId ?? push.Id, At = push.CreatedAt };
            if (content != PushContent.Id && push.SenderId is { } caller)
            {
                payload = payload with { Sender = facts.Sender(caller) };
            }
            return new Composed(new PushMessage(payload, Topic(push.ConversationId, push.UserId), life, true));
        }
        return ComposeMessage(push, payload, content, life, facts);
    }

    /// <summary>What a device shows to prove that it has got this push.</summary>
    public async ValueTask<string> ReceiptAsync(Guid pushId, CancellationToken token)
    {
        var set = await keys.GetAsync(token);
        return Base64Url.EncodeToString(HMACSHA256.HashData(set.Receipts, pushId.ToByteArray(bigEndian: true)).AsSpan(0, ReceiptBytes));
    }

    private Composed ComposeMessage(QueueRow push, PushPayload payload, PushContent content, TimeSpan life, Facts facts)
    {
        if (facts.Message(push) is not { } found)
        {
            return new Composed(null, Reasons.Deleted);
        }
        if (WhyNot(push, facts) is { } reason)
        {
            return new Composed(null, reason);
        }
        payload = payload with { ConversationId = push.ConversationId, Seq = push.Seq, Unread = facts.Unread(push), At = found.Entry.At };
        if (content != PushContent.Id)
        {
            var body = JsonSerializer.Deserialize(found.Entry.Body!.Utf8.Span, ContractsJson.Default.MessageBody)!;
            payload = payload with
            {
                ConversationKind = found.Kind,
                Title = found.Title,
                Sender = facts.Sender(found.Entry.SenderId),
                Mention = body.MentionsAll == true || body.Mentions?.Contains(push.UserId) == true ? true : null,
                Text = content == PushContent.Full ? body.Text : null,
            };
        }
        return new Composed(new PushMessage(payload, Topic(push.ConversationId, push.UserId), life, push.IsUrgent));
    }

    private string? WhyNot(QueueRow push, Facts facts)
    {
        if (facts.Reader(push) is not { MaySee: true } reader)
        {
            return Reasons.NotVisible;
        }
        if (reader.IsRead)
        {
            return Reasons.Read;
        }
        if (reader.MutedUntil is not null)
        {
            return Reasons.Muted;
        }
        // Not the user's mark: the tab left open at home has got it too.
        return push.WaitsForDevice && awaited.Has(push.UserId, push.ConversationId, push.Seq) ? Reasons.Delivered : null;
    }

    /// <summary>The same for all pushes about one conversation, and nothing that a service could make out.</summary>
    private static string Topic(Guid one, Guid other)
    {
        Span<byte> ids = stackalloc byte[32];
        one.TryWriteBytes(ids, bigEndian: true, out _);
        other.TryWriteBytes(ids[16..], bigEndian: true, out _);
        return Base64Url.EncodeToString(SHA256.HashData(ids).AsSpan(0, TopicBytes));
    }

    private static string Name(PushSubject subject) => subject switch
    {
        PushSubject.Message => "message",
        PushSubject.Call => "call",
        PushSubject.Read => PushPayload.Read,
        PushSubject.CallEnded => "callEnded",
        _ => "test",
    };
}
