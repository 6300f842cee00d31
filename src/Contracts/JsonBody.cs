using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModularChat.Contracts;

/// <summary>
/// A JSON value kept as the UTF-8 bytes in which it was first written, so that a message is serialised once however often
/// it is stored, read and delivered. The bytes are one valid JSON value without insignificant white space, never changed.
/// </summary>
/// <param name="Utf8">The JSON text in UTF-8.</param>
[JsonConverter(typeof(JsonBodyConverter))]
public sealed record JsonBody(ReadOnlyMemory<byte> Utf8)
{
    /// <summary>Compares the bytes.</summary>
    public bool Equals(JsonBody? other) => other is not null && Utf8.Span.SequenceEqual(other.Utf8.Span);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Utf8.Span);
        return hash.ToHashCode();
    }

    /// <summary>The JSON text; for people and tests.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}

/// <summary>Writes the bytes as they are, and reads the same bytes back; those with white space in a compact form.</summary>
public sealed class JsonBodyConverter : JsonConverter<JsonBody>
{
    /// <inheritdoc />
    public override JsonBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var raw = JsonMarshal.GetRawUtf8Value(document.RootElement);
        return new JsonBody(IsCompact(raw) ? raw.ToArray() : Compact(document.RootElement));
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, JsonBody value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);

    private static bool IsCompact(ReadOnlySpan<byte> json)
    {
        var isText = false;
        for (var i = 0; i < json.Length; i++)
        {
            switch (json[i])
            {
                case (byte)'"':
                    isText = !isText;
                    break;
                case (byte)'\\' when isText:
                    i++;
                    break;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' when !isText:
                    return false;
            }
        }
        return true;
    }

    private static byte[] Compact(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            element.WriteTo(writer);
        }
        return buffer.WrittenSpan.ToArray();
    }
}
