using System.Text.Json;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Notifications.Providers.Apns;

/// <summary>What a device of Apple's gets: <c>aps</c> for the system, <c>push</c> for the app.</summary>
internal static class ApnsBody
{
    private const int MostBytes = 4_096;

    public static byte[] Write(PushPayload payload, string service) =>
        payload.Fit(MostBytes, one => JsonSerializer.SerializeToUtf8Bytes(
            service switch
            {
                ApnsTopics.Voip => new Body(new object(), one),
                _ when one.Kind == PushPayload.Read => new Body(Wake(), one),
                ApnsTopics.Background => new Body(Wake(), one),
                // The text stands in the alert already.
                _ => new Body(Alert(one), one with { Text = null }),
            },
            PushPayload.Json));

    private sealed record Body(object Aps, PushPayload Push);

    private static Dictionary<string, object> Wake() => new(StringComparer.Ordinal) { ["content-available"] = 1 };

    private static Dictionary<string, object> Alert(PushPayload payload)
    {
        var alert = new Dictionary<string, object>(StringComparer.Ordinal);
        var isDirect = payload.ConversationKind is null or ConversationKind.Direct;
        if (payload.Sender is { } sender)
        {
            alert["title"] = payload.Title is { Length: > 0 } title && !isDirect ? title : sender.Name;
            if (!isDirect)
            {
                alert["subtitle"] = sender.Name;
            }
        }
        alert["body"] = payload.Kind switch
        {
            "call" => "Incoming call",
            "callEnded" => "Call ended",
            "message" => payload.Text ?? "New message",
            _ => "Test",
        };
        // An extension of the app may fetch the rest and say it better.
        var aps = new Dictionary<string, object>(StringComparer.Ordinal) { ["alert"] = alert, ["sound"] = "default", ["mutable-content"] = 1 };
        if (payload.Unread is { } unread)
        {
            aps["badge"] = unread;
        }
        if (payload.ConversationId is { } conversation)
        {
            aps["thread-id"] = conversation;
        }
        return aps;
    }
}
