using System.Text;
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

/// <summary>Writes the bytes as they are; reads them back in compact form.</summary>
public sealed class JsonBodyConverter : JsonConverter<JsonBody>
{
    /// <inheritdoc />
    public override JsonBody Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return new JsonBody(JsonSerializer.SerializeToUtf8Bytes(document.RootElement));
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, JsonBody value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
}
