using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Edge;
using ModularChat.Host.Gateway.Inbound;

namespace ModularChat.Host.Gateway;

/// <summary>Writes the server's frames (docs/protocol.md section 9), each once however many connections get it.</summary>
internal static class Frames
{
    private static readonly ContractsJson Json = ContractsJson.Wire;

    public static readonly ReadOnlyMemory<byte> Live = """{"type":"live"}"""u8.ToArray();
    public static readonly ReadOnlyMemory<byte> Heartbeat = """{"type":"heartbeat"}"""u8.ToArray();

    public static ReadOnlyMemory<byte> Entry(Entry entry) => Write("entry", entry, static (writer, entry) =>
    {
        writer.WritePropertyName("entry"u8);
        JsonSerializer.Serialize(writer, entry, Json.Entry);
    });

    public static ReadOnlyMemory<byte> Ack(FrameId? id, Stored stored) => Write("ack", (id, stored), static (writer, it) =>
    {
        WriteId(writer, it.id);
        writer.WriteString("conversationId"u8, it.stored.ConversationId);
        writer.WriteNumber("seq"u8, it.stored.Seq);
        writer.WriteString("at"u8, it.stored.At.UtcDateTime);
        writer.WriteBoolean("duplicate"u8, it.stored.Duplicate);
    });

    public static ReadOnlyMemory<byte> Ok(FrameId id) => Write("ok", id, static (writer, id) => WriteId(writer, id));

    public static ReadOnlyMemory<byte> Cursor(string cursor) =>
        Write("cursor", cursor, static (writer, cursor) => writer.WriteString("cursor"u8, cursor));

    public static ReadOnlyMemory<byte> Sync(SyncPage page) => Write("sync", page, static (writer, page) =>
    {
        writer.WriteBoolean("reset"u8, page.Reset);
        writer.WritePropertyName("conversations"u8);
        JsonSerializer.Serialize(writer, page.Conversations, Json.ConversationSyncArray);
        if (page.Versions is { } versions)
        {
            writer.WritePropertyName("versions"u8);
            JsonSerializer.Serialize(writer, versions, Json.DictionaryStringInt64);
        }
        writer.WriteString("cursor"u8, page.Cursor);
        writer.WriteBoolean("more"u8, page.More);
    });

    public static ReadOnlyMemory<byte> Conversation(ConversationInfo state) => Write("conversation", state, static (writer, state) =>
    {
        writer.WritePropertyName("state"u8);
        JsonSerializer.Serialize(writer, state, Json.ConversationInfo);
    });

    public static ReadOnlyMemory<byte> Marks(Guid conversationId, MemberMarks[] marks) => Write("marks", (conversationId, marks), static (writer, it) =>
    {
        writer.WriteString("conversationId"u8, it.conversationId);
        writer.WritePropertyName("marks"u8);
        JsonSerializer.Serialize(writer, it.marks, Json.MemberMarksArray);
    });

    public static ReadOnlyMemory<byte> Own(Guid conversationId, OwnState state) => Write("me", (conversationId, state), static (writer, it) =>
    {
        writer.WriteString("conversationId"u8, it.conversationId);
        writer.WritePropertyName("state"u8);
        JsonSerializer.Serialize(writer, it.state, Json.OwnState);
    });

    public static ReadOnlyMemory<byte> Typing(TypingSignalled typing) => Write("typing", typing, static (writer, typing) =>
    {
        writer.WriteString("conversationId"u8, typing.ConversationId);
        writer.WriteString("userId"u8, typing.UserId);
        writer.WriteString("expiresAt"u8, typing.ExpiresAt.UtcDateTime);
    });

    public static ReadOnlyMemory<byte> Hello(Connection connection, Caller caller, string version, GatewayOptions options, IReadOnlyDictionary<string, long> limits) =>
        Write("hello", (connection, caller, version, options, limits), static (writer, it) =>
        {
            writer.WriteString("connectionId"u8, it.connection.Id);
            writer.WriteString("userId"u8, it.caller.UserId);
            if (it.caller.DeviceId is { } device)
            {
                writer.WriteString("deviceId"u8, device);
            }
            writer.WriteString("server"u8, "ModularChat"u8);
            writer.WriteString("version"u8, it.version);
            writer.WriteNumber("heartbeatSeconds"u8, it.options.HeartbeatSeconds);
            writer.WriteNumber("offlineAfterSeconds"u8, it.options.OfflineAfterSeconds);
            writer.WriteStartObject("limits"u8);
            foreach (var (name, value) in it.limits)
            {
                writer.WriteNumber(name, value);
            }
            writer.WriteEndObject();
        });

    public static ReadOnlyMemory<byte> Problem(FrameId? id, ChatException problem) => Write("problem", (id, problem), static (writer, it) =>
    {
        WriteId(writer, it.id);
        writer.WritePropertyName("problem"u8);
        JsonSerializer.Serialize(writer, Edge.Problem.From(it.problem), ProblemJson.Default.Problem);
    });

    private static void WriteId(Utf8JsonWriter writer, FrameId? id)
    {
        if (id is not null)
        {
            writer.WritePropertyName("id"u8);
            writer.WriteRawValue(id.Json, skipInputValidation: true);
        }
    }

    private static ReadOnlyMemory<byte> Write<T>(string type, T content, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, type);
            write(writer, content);
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }
}
