using System.Text.Json;
using System.Text.Json.Serialization;
using ModularChat.Contracts.Calls;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>A frame from a client: the fields of all types; docs/protocol.md section 9 says which belong to which.</summary>
internal sealed record ClientFrame
{
    public string? Type { get; init; }
    public FrameId? Id { get; init; }
    public string? Token { get; init; }
    public Guid? ActAs { get; init; }
    public string? Cursor { get; init; }
    public Guid? ConversationId { get; init; }
    public Guid? ClientMessageId { get; init; }
    public long? Seq { get; init; }
    public string? Text { get; init; }
    public long? ReplyTo { get; init; }
    public string? Emoji { get; init; }
    public bool Remove { get; init; }
    public long? Delivered { get; init; }
    public long? Read { get; init; }
    public bool? Active { get; init; }
    public bool Contacts { get; init; }
    public Guid[]? UserIds { get; init; }
    public Guid[]? ConversationIds { get; init; }
    public string? Action { get; init; }
    public Guid? CallId { get; init; }
    public Guid? LegId { get; init; }
    public bool Failed { get; init; }
    public CallSignal? Signal { get; init; }
    public bool? Muted { get; init; }
    public bool? Deafened { get; init; }
    public bool? Speaking { get; init; }
    public Guid? To { get; init; }
    public long Epoch { get; init; }
    public Guid? UserId { get; init; }
    public bool? Silenced { get; init; }

    /// <summary>Names neither token nor text.</summary>
    public override string ToString() => $"frame {Type}";
}

/// <summary>The client's own name for a frame, kept as the JSON it came in so that the answer carries just that.</summary>
[JsonConverter(typeof(FrameIdConverter))]
internal sealed record FrameId(byte[] Json);

internal sealed class FrameIdConverter : JsonConverter<FrameId>
{
    private const int Longest = 64;

    public override FrameId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String))
        {
            throw new JsonException("id is a number or a text.");
        }
        if (reader.HasValueSequence || reader.ValueSpan.Length > Longest)
        {
            throw new JsonException($"id has at most {Longest} bytes.");
        }
        if (reader.TokenType == JsonTokenType.Number)
        {
            return new FrameId(reader.ValueSpan.ToArray());
        }
        byte[] quoted = [(byte)'"', .. reader.ValueSpan, (byte)'"'];
        return new FrameId(quoted);
    }

    public override void Write(Utf8JsonWriter writer, FrameId value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Json, skipInputValidation: true);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, MaxDepth = 32)]
[JsonSerializable(typeof(ClientFrame))]
internal sealed partial class ClientFrameJson : JsonSerializerContext;
