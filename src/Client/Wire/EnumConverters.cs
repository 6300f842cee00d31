using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModularChat.Client.Wire;

/// <summary>Reads names without allocating, and a name that is not known as the first value: a newer server must not break an older client.</summary>
internal abstract class NamesConverter<T>(params string[] names) : JsonConverter<T> where T : struct, Enum
{
    private readonly JsonEncodedText[] _names = [.. names.Select(name => JsonEncodedText.Encode(name))];

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if (reader.ValueTextEquals(_names[i].EncodedUtf8Bytes))
            {
                return (T)Enum.ToObject(typeof(T), i);
            }
        }
        return default;
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(_names[Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture)]);
}

internal sealed class EntryKindConverter() : NamesConverter<EntryKind>(
    "unknown", "created", "message", "edited", "deleted", "reaction", "pinned", "members", "settings", "signal", "call");

internal sealed class ConversationKindConverter() : NamesConverter<ConversationKind>("unknown", "direct", "group", "channel", "self");

internal sealed class MemberRoleConverter() : NamesConverter<MemberRole>("none", "invited", "member", "administrator", "owner");

internal sealed class PresenceStateConverter() : NamesConverter<PresenceState>("unknown", "offline", "online", "away", "dnd", "invisible");

internal sealed class CallStateConverter() : NamesConverter<CallState>("unknown", "ringing", "active", "ended");

internal sealed class SignalKindConverter() : NamesConverter<SignalKind>("unknown", "offer", "answer", "candidates", "restart");

internal sealed class RoomModeConverter() : NamesConverter<RoomMode>("unknown", "mesh", "mixed");

internal sealed class FrameTypeConverter() : NamesConverter<FrameType>(
    "unknown", "hello", "sync", "live", "entry", "ack", "ok", "problem", "marks", "me", "typing", "cursor", "conversation", "heartbeat", "versions", "presence", "call", "callSignal",
    "room", "roomSignal");
