using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;

namespace ModularChat.Contracts;

/// <summary>The JSON form in which each <see cref="IClusterEvent"/> travels between nodes, made at compile time.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Default)]
[JsonSerializable(typeof(AttendanceMoved))]
[JsonSerializable(typeof(BlockChanged))]
[JsonSerializable(typeof(CallChanged))]
[JsonSerializable(typeof(CallSignalled))]
[JsonSerializable(typeof(CommitsAnnounced))]
[JsonSerializable(typeof(DeliveryAwaited))]
[JsonSerializable(typeof(DeliveryNoted))]
[JsonSerializable(typeof(HeadsAnnounced))]
[JsonSerializable(typeof(PersonChanged))]
[JsonSerializable(typeof(PresenceMoved))]
[JsonSerializable(typeof(RoomChanged))]
[JsonSerializable(typeof(RoomSignalled))]
[JsonSerializable(typeof(SessionEnded))]
[JsonSerializable(typeof(TypingSignalled))]
[JsonSerializable(typeof(UserActed))]
[JsonSerializable(typeof(UserDataChanged))]
[JsonSerializable(typeof(WatchMoved))]
[JsonSerializable(typeof(AttendanceMoved))]
[JsonSerializable(typeof(PersonChanged))]
[JsonSerializable(typeof(UserActed))]
[JsonSerializable(typeof(WatchMoved))]
public sealed partial class ClusterEventsJson : JsonSerializerContext
{
    /// <summary>What to write and read with.</summary>
    public static ClusterEventsJson Wire { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 32,
    });
}
