using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModularChat.Discovery.Nodes;

/// <summary>Whether a node takes clients.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NodeState>))]
internal enum NodeState
{
    /// <summary>It has its place in the registry, and does not listen yet.</summary>
    Starting = 0,
    Up,
    /// <summary>Its own checks say that it cannot serve.</summary>
    Unhealthy,
    /// <summary>It sends its clients away and ends.</summary>
    Draining,
}

/// <summary>How busy a node is.</summary>
/// <param name="Connections">Live connections.</param>
/// <param name="Cpu">Share of all its cores, 0 to 1.</param>
/// <param name="Queue">Work that waits for a thread.</param>
internal sealed record NodeLoad(int Connections = 0, double Cpu = 0, int Queue = 0);

/// <summary>A node as it stands in the registry.</summary>
/// <param name="Id">Its name, of which there is one.</param>
/// <param name="Instance">The process behind it: two processes under one id differ here.</param>
/// <param name="Roles">What it does; with <c>all</c>, everything.</param>
/// <param name="Url">Where clients reach it; empty when nobody has said.</param>
/// <param name="Region">Its region.</param>
/// <param name="Latitude">Where it stands; with longitude or not at all.</param>
/// <param name="Longitude">Where it stands.</param>
/// <param name="Capacity">Connections that it is made for.</param>
/// <param name="Load">How busy it is.</param>
/// <param name="Version">Of its program.</param>
/// <param name="State">Whether it takes clients.</param>
/// <param name="StartedAt">By its own clock; for people to read.</param>
/// <param name="InternalUrl">Where other nodes ask it; null: nowhere.</param>
internal sealed record NodeRecord(
    string Id, Guid Instance, string[] Roles, string Url, string? Region, double? Latitude, double? Longitude, int Capacity,
    NodeLoad Load, string Version, NodeState State, DateTimeOffset StartedAt, string? InternalUrl = null)
{
    private const int LongestText = 256, MostRoles = 16, MostBytes = 8_192;

    [JsonIgnore]
    public bool IsGateway => Has("gateway");

    /// <summary>It answers clients that ask where to connect.</summary>
    [JsonIgnore]
    public bool IsApi => Has("api") || Has("discovery");

    /// <summary>What lies in the registry: the instance and a line feed, so that whose it is shows without reading the rest, and the record as JSON.</summary>
    public byte[] Write() => Encoding.UTF8.GetBytes($"{Instance:D}\n{JsonSerializer.Serialize(this, NodeJson.Default.NodeRecord)}");

    /// <summary>Whose a place in the registry is; null when it is garbage.</summary>
    public static Guid? InstanceOf(ReadOnlySpan<byte> written) =>
        written.Length > 36 && written[36] == '\n' && Guid.TryParseExact(Encoding.UTF8.GetString(written[..36]), "D", out var instance) ? instance : null;

    /// <summary>Reads what lies under an id; null when it is garbage: anybody may write into a registry.</summary>
    public static NodeRecord? Read(string id, ReadOnlySpan<byte> written)
    {
        if (written.Length > MostBytes || InstanceOf(written) is not { } instance)
        {
            return null;
        }
        try
        {
            var node = JsonSerializer.Deserialize(written[37..], NodeJson.Default.NodeRecord);
            return node is not null && node.Id == id && node.Instance == instance && node.IsSound ? node : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private bool IsSound =>
        Roles is { Length: <= MostRoles } && Roles.All(r => r is { Length: > 0 and <= 32 })
        && Url is not null && (Url.Length == 0 || IsAddress(Url)) && (InternalUrl is null || IsAddress(InternalUrl))
        && (Region is null || Region.Length is > 0 and <= 64)
        && (Latitude is null) == (Longitude is null)
        && Latitude is null or (>= -90 and <= 90) && Longitude is null or (>= -180 and <= 180)
        && Capacity is > 0 and <= 10_000_000
        && Load is { Connections: >= 0, Cpu: >= 0 and <= 1, Queue: >= 0 }
        && Version is { Length: <= LongestText }
        && Enum.IsDefined(State);

    private static bool IsAddress(string text) => text.Length <= LongestText && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";

    /// <summary>Whether it has a role.</summary>
    public bool Has(string role) => Array.Exists(Roles, r => r is "all" || r == role);
}

/// <summary>The JSON of the registry. Unknown fields are passed over: a newer node may have more to say.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NodeRecord))]
internal sealed partial class NodeJson : JsonSerializerContext;
