using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.SignalR;

namespace ModularChat.Host.Gateway;

/// <summary>
/// One frame to clients, written once for every receiver of every transport. Its bytes are those of a hub message, in which
/// the JSON for the other transports is a slice: no receiver costs a serialisation or a copy.
/// </summary>
[JsonConverter(typeof(FrameConverter))]
internal sealed class Frame
{
    private readonly ReadOnlyMemory<byte> _hubMessage;
    private SerializedHubMessage? _forHub;

    private Frame(string type, ReadOnlyMemory<byte> hubMessage, string? cursor)
    {
        Type = type;
        Cursor = cursor;
        _hubMessage = hubMessage;
    }

    /// <summary>The frame's type, as in its JSON.</summary>
    public string Type { get; }

    /// <summary>The cursor that the frame states, if it does.</summary>
    public string? Cursor { get; }

    /// <summary>The frame's JSON object.</summary>
    public ReadOnlyMemory<byte> Json => _hubMessage[HubPrefix.Length..^HubSuffix.Length];

    public int Length => _hubMessage.Length;

    /// <summary>The frame as an invocation of the hub clients' method <c>frame</c>.</summary>
    public SerializedHubMessage ForHub => _forHub ??= new SerializedHubMessage([new SerializedMessage("json", _hubMessage)]);

    private static ReadOnlySpan<byte> HubPrefix => "{\"type\":1,\"target\":\"frame\",\"arguments\":["u8;

    // A hub message ends with the record separator.
    private static ReadOnlySpan<byte> HubSuffix => "]}\u001e"u8;

    /// <summary>Writes a frame.</summary>
    /// <param name="type">The type in the JSON.</param>
    /// <param name="content">What <paramref name="write"/> is handed.</param>
    /// <param name="write">Writes the JSON object.</param>
    /// <param name="cursor">The cursor in the JSON, if any.</param>
    public static Frame Make<T>(string type, T content, Action<IBufferWriter<byte>, T> write, string? cursor = null)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        buffer.Write(HubPrefix);
        write(buffer, content);
        buffer.Write(HubSuffix);
        return new Frame(type, buffer.WrittenMemory, cursor);
    }

    /// <summary>Names no content.</summary>
    public override string ToString() => $"frame {Type}";
}

/// <summary>For answers of hub methods: the JSON as it is.</summary>
internal sealed class FrameConverter : JsonConverter<Frame>
{
    public override Frame Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, Frame value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Json.Span, skipInputValidation: true);
}
