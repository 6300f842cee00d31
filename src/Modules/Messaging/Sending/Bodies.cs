using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Sending;

/// <summary>Serialises the body of an entry, the one time in its life. Letters of all scripts stay themselves instead of six-byte escapes.</summary>
internal static class Bodies
{
    private static readonly ContractsJson Json = new(
        new JsonSerializerOptions(ContractsJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static JsonBody Of(MessageBody body) => Of(body, Json.MessageBody);

    public static JsonBody Of(CreatedBody body) => Of(body, Json.CreatedBody);

    public static JsonBody Of(ReactionBody body) => Of(body, Json.ReactionBody);

    public static JsonBody Of(PinnedBody body) => Of(body, Json.PinnedBody);

    public static JsonBody Of(MembersBody body) => Of(body, Json.MembersBody);

    public static JsonBody Of(SettingsBody body) => Of(body, Json.SettingsBody);

    public static JsonBody Of(SignalBody body) => Of(body, Json.SignalBody);

    public static JsonBody Of(CallBody body) => Of(body, Json.CallBody);

    private static JsonBody Of<T>(T body, JsonTypeInfo<T> type) => new(JsonSerializer.SerializeToUtf8Bytes(body, type));
}
