using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModularChat.Contracts;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>The JSON between nodes: the contracts as clients see them, and by reflection those that no client sees.</summary>
internal static class WireJson
{
    public static JsonSerializerOptions Options { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(ContractsJson.Wire.Options)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine(ContractsJson.Default, new DefaultJsonTypeInfoResolver()),
        };
        options.MakeReadOnly();
        return options;
    }
}
