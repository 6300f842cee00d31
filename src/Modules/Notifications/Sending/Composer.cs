using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
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

    public async Task<Composed> ComposeAsync(QueueRow push, CancellationToken token)
    {
        var life = push.ExpiresAt - time.GetUtcNow();
        var payload = new PushPayload { Id = push.Id, Kind = Name(push.Subject), Receipt = await ReceiptAsync(push.Id, token) };
        if (push.Subject == PushSubject.Test)
        {
            return new Composed(new PushMessage(payload with { At = push.CreatedAt }, Topic(push.Id, push.SubscriptionId), life, true));
        }
        if (push.Subject == PushSubject.Read)
        {
            // A topic of its own: at a device that is away it must not take the place of a message that came since.
            var left = await mediator.Send(new CountUnread([push.UserId]), token);
            return new Composed(new PushMessage(
                payload with { ConversationId = push.ConversationId, Seq = push.Seq, Unread = left[0].Count }, Topic(push.ConversationId, push.SubscriptionId), life, false));
        }
        var content = (await preferences.WishesAsync([(push.UserId, push.ConversationId)], token))[(push.UserId, push.ConversationId)].Content;
        if (push.Subject is PushSubject.Call or PushSubject.CallEnded)
        {
            payload = payload with { ConversationId = push.ConversationId, CallId = push.CallId ?? push.Id, At = push.CreatedAt };
            if (content != PushContent.Id && push.SenderId is { } caller)
            {
                payload = payload with { Sender = await SenderAsync(caller, token) };
            }
            return new Composed(new PushMessage(payload, Topic(push.ConversationId, push.UserId), life, true));
        }
        return await ComposeMessageAsync(push, payload, content, life, token);
    }

    /// <summary>What a device shows to prove that it has got this push.</summary>
    public async ValueTask<string> ReceiptAsync(Guid pushId, CancellationToken token)
    {
        var set = await keys.GetAsync(token);
        return Base64Url.EncodeToString(HMACSHA256.HashData(set.Receipts, pushId.ToByteArray(bigEndian: true)).AsSpan(0, ReceiptBytes));
    }

    private async Task<Composed> ComposeMessageAsync(QueueRow push, PushPayload payload, PushContent content, TimeSpan life, CancellationToken token)
    {
        if (await mediator.Send(new FindMessage(push.ConversationId, push.Seq), token) is not { } found)
        {
            return new Composed(null, Reasons.Deleted);
        }
        if (await WhyNotAsync(push, token) is { } reason)
        {
            return new Composed(null, reason);
        }
        var unread = await mediator.Send(new CountUnread([push.UserId]), token);
        payload = payload with { ConversationId = push.ConversationId, Seq = push.Seq, Unread = unread[0].Count, At = found.Entry.At };
        if (content != PushContent.Id)
        {
            var body = JsonSerializer.Deserialize(found.Entry.Body!.Utf8.Span, ContractsJson.Default.MessageBody)!;
            payload = payload with
            {
                ConversationKind = found.Kind,
                Title = found.Title,
                Sender = await SenderAsync(found.Entry.SenderId, token),
                Mention = body.MentionsAll == true || body.Mentions?.Contains(push.UserId) == true ? true : null,
                Text = content == PushContent.Full ? body.Text : null,
            };
        }
        return new Composed(new PushMessage(payload, Topic(push.ConversationId, push.UserId), life, push.IsUrgent));
    }

    private async Task<string?> WhyNotAsync(QueueRow push, CancellationToken token)
    {
        if (await mediator.Send(new GetReaders(push.ConversationId, push.Seq, [push.UserId]), token) is not [{ MaySee: true } reader])
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

    private async Task<PushSender?> SenderAsync(Guid userId, CancellationToken token) =>
        await mediator.Send(new GetUsers([userId]), token) is [var user] ? new PushSender(user.Id, user.DisplayName, user.AvatarColour) : null;

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
