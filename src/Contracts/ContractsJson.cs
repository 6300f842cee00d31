using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Discovery;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;

namespace ModularChat.Contracts;

/// <summary>
/// The JSON form of what travels to clients, made at compile time: camelCase, absent instead of null, UTC times. The same
/// for stored bodies, frames and REST answers.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Default)]
[JsonSerializable(typeof(Entry))]
[JsonSerializable(typeof(Entry[]))]
[JsonSerializable(typeof(MessageBody))]
[JsonSerializable(typeof(CreatedBody))]
[JsonSerializable(typeof(ReactionBody))]
[JsonSerializable(typeof(PinnedBody))]
[JsonSerializable(typeof(MembersBody))]
[JsonSerializable(typeof(SettingsBody))]
[JsonSerializable(typeof(SignalBody))]
[JsonSerializable(typeof(CallBody))]
[JsonSerializable(typeof(ReactionGroup[]))]
[JsonSerializable(typeof(SyncPage))]
[JsonSerializable(typeof(ConversationSync[]))]
[JsonSerializable(typeof(Dictionary<string, long>))]
[JsonSerializable(typeof(HistoryPage))]
[JsonSerializable(typeof(Stored))]
[JsonSerializable(typeof(OwnState))]
[JsonSerializable(typeof(MemberInfo))]
[JsonSerializable(typeof(MemberMarks[]))]
[JsonSerializable(typeof(ConversationInfo))]
[JsonSerializable(typeof(ConversationPage))]
[JsonSerializable(typeof(MemberPage))]
[JsonSerializable(typeof(PresenceInfo))]
[JsonSerializable(typeof(PresenceInfo[]))]
[JsonSerializable(typeof(GroupPresence[]))]
[JsonSerializable(typeof(ServerChoice))]
[JsonSerializable(typeof(CallInfo))]
[JsonSerializable(typeof(IceInfo))]
[JsonSerializable(typeof(CallSignal))]
[JsonSerializable(typeof(RoomInfo))]
public sealed partial class ContractsJson : JsonSerializerContext
{
    /// <summary>
    /// What to write with: text stays readable UTF-8 instead of escapes (a Cyrillic text takes a third). Safe because JSON is
    /// never put into HTML.
    /// </summary>
    public static ContractsJson Wire { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 32,
    });
}
