using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModularChat.Host.Gateway.Hub;

/// <summary>
/// The argument of a hub method: a frame without its type. Taken as any JSON, so that what is wrong with it is told by the
/// same reader, and as the same problem, as on a WebSocket.
/// </summary>
[JsonConverter(typeof(HubArgumentConverter))]
internal sealed record HubArgument(JsonElement Json)
{
    /// <summary>The framework writes arguments into its log: neither text nor token may be in it.</summary>
    public override string ToString() => "frame";
}

internal sealed class HubArgumentConverter : JsonConverter<HubArgument>
{
    /// <summary>Null is no frame either, and its reader says so.</summary>
    public override bool HandleNull => true;

    public override HubArgument Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(JsonElement.ParseValue(ref reader));

    public override void Write(Utf8JsonWriter writer, HubArgument value, JsonSerializerOptions options) => value.Json.WriteTo(writer);
}
