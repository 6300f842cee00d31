using System.Text.Json;
using System.Text.Json.Serialization;
using ModularChat.Contracts.Messaging;

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
[JsonSerializable(typeof(ReactionGroup[]))]
[JsonSerializable(typeof(SyncPage))]
[JsonSerializable(typeof(HistoryPage))]
[JsonSerializable(typeof(Stored))]
[JsonSerializable(typeof(OwnState))]
[JsonSerializable(typeof(MemberInfo))]
[JsonSerializable(typeof(MemberMarks[]))]
[JsonSerializable(typeof(ConversationInfo))]
[JsonSerializable(typeof(ConversationPage))]
[JsonSerializable(typeof(MemberPage))]
public sealed partial class ContractsJson : JsonSerializerContext;
