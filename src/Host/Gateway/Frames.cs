using System.Text.Encodings.Web;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Edge;
using ModularChat.Host.Gateway.Inbound;

namespace ModularChat.Host.Gateway;

/// <summary>Writes the server's frames (docs/protocol.md section 9), each once however many connections of whatever kind get it.</summary>
internal static class Frames
{
    private static readonly ContractsJson Json = ContractsJson.Wire;

    public static readonly Frame Live = Write("live", 0, static (_, _) => { });
    public static readonly Frame Heartbeat = Write("heartbeat", 0, static (_, _) => { });

    /// <summary>For hub methods whose frame has no answer of its own.</summary>
    public static readonly Frame Done = Write("ok", 0, static (_, _) => { });

    public static Frame Entry(Entry entry) => Write("entry", entry, static (writer, entry) =>
    {
        writer.WritePropertyName("entry"u8);
        JsonSerializer.Serialize(writer, entry, Json.Entry);
    });

    public static Frame Ack(FrameId? id, Stored stored) => Write("ack", (id, stored), static (writer, it) =>
    {
        WriteId(writer, it.id);
        writer.WriteString("conversationId"u8, it.stored.ConversationId);
        writer.WriteNumber("seq"u8, it.stored.Seq);
        writer.WriteString("at"u8, it.stored.At.UtcDateTime);
        writer.WriteBoolean("duplicate"u8, it.stored.Duplicate);
    });

    public static Frame Ok(FrameId id) => Write("ok", id, static (writer, id) => WriteId(writer, id));

    public static Frame Cursor(string cursor) =>
        Write("cursor", cursor, static (writer, cursor) => writer.WriteString("cursor"u8, cursor), cursor);

    public static Frame Sync(SyncPage page) => Write("sync", page, static (writer, page) =>
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
    }, page.Cursor);

    public static Frame Conversation(ConversationInfo state) => Write("conversation", state, static (writer, state) =>
    {
        writer.WritePropertyName("state"u8);
        JsonSerializer.Serialize(writer, state, Json.ConversationInfo);
    });

    public static Frame Marks(Guid conversationId, MemberMarks[] marks) => Write("marks", (conversationId, marks), static (writer, it) =>
    {
        writer.WriteString("conversationId"u8, it.conversationId);
        writer.WritePropertyName("marks"u8);
        JsonSerializer.Serialize(writer, it.marks, Json.MemberMarksArray);
    });

    public static Frame Own(Guid conversationId, OwnState state) => Write("me", (conversationId, state), static (writer, it) =>
    {
        writer.WriteString("conversationId"u8, it.conversationId);
        writer.WritePropertyName("state"u8);
        JsonSerializer.Serialize(writer, it.state, Json.OwnState);
    });

    /// <summary>Versions of general data that moved; what a sync says of all of them.</summary>
    public static Frame Versions(string subject, long version) => Write("versions", (subject, version), static (writer, it) =>
    {
        writer.WriteStartObject("versions"u8);
        writer.WriteNumber(it.subject, it.version);
        writer.WriteEndObject();
    });

    public static Frame Typing(TypingSignalled typing) => Write("typing", typing, static (writer, typing) =>
    {
        writer.WriteString("conversationId"u8, typing.ConversationId);
        writer.WriteString("userId"u8, typing.UserId);
        writer.WriteString("expiresAt"u8, typing.ExpiresAt.UtcDateTime);
    });

    public static Frame Presence(PresencePush push) => Write("presence", push, static (writer, push) =>
    {
        writer.WritePropertyName("users"u8);
        JsonSerializer.Serialize(writer, push.Users, Json.PresenceInfoArray);
        if (push.Groups is { } groups)
        {
            writer.WritePropertyName("groups"u8);
            JsonSerializer.Serialize(writer, groups, Json.GroupPresenceArray);
        }
        if (push.IsTruncated)
        {
            writer.WriteBoolean("truncated"u8, value: true);
        }
    });

    public static Frame Call(CallInfo call) => Call(null, new CallAnswer(call));

    /// <summary>The answer to a call frame.</summary>
    public static Frame Call(FrameId? id, CallAnswer answer) => Write("call", (id, answer), static (writer, it) =>
    {
        WriteId(writer, it.id);
        writer.WritePropertyName("call"u8);
        JsonSerializer.Serialize(writer, it.answer.Call, Json.CallInfo);
        if (it.answer.Ice is { } ice)
        {
            writer.WritePropertyName("ice"u8);
            JsonSerializer.Serialize(writer, ice, Json.IceInfo);
        }
    });

    public static Frame CallSignal(CallSignalled told) => Write("callSignal", told, static (writer, told) =>
    {
        writer.WriteString("callId"u8, told.CallId);
        writer.WriteString("legId"u8, told.LegId);
        writer.WriteNumber("number"u8, told.Signal.Number);
        writer.WritePropertyName("signal"u8);
        JsonSerializer.Serialize(writer, told.Signal.Signal, Json.CallSignal);
    });

    public static Frame Room(RoomInfo room) => Room(null, new RoomAnswer(room));

    /// <summary>The answer to a room frame.</summary>
    public static Frame Room(FrameId? id, RoomAnswer answer) => Write("room", (id, answer), static (writer, it) =>
    {
        WriteId(writer, it.id);
        writer.WritePropertyName("room"u8);
        JsonSerializer.Serialize(writer, it.answer.Room, Json.RoomInfo);
        if (it.answer.Ice is { } ice)
        {
            writer.WritePropertyName("ice"u8);
            JsonSerializer.Serialize(writer, ice, Json.IceInfo);
        }
    });

    public static Frame RoomSignal(RoomSignalled told) => Write("roomSignal", told, static (writer, told) =>
    {
        writer.WriteString("conversationId"u8, told.ConversationId);
        writer.WriteString("legId"u8, told.LegId);
        if (told.Signal.From is { } from)
        {
            writer.WriteString("from"u8, from);
        }
        writer.WriteNumber("epoch"u8, told.Signal.Epoch);
        writer.WriteNumber("number"u8, told.Signal.Number);
        writer.WritePropertyName("signal"u8);
        JsonSerializer.Serialize(writer, told.Signal.Signal, Json.CallSignal);
    });

    public static Frame Hello(Connection connection, Caller caller, string version, GatewayOptions options, IReadOnlyDictionary<string, long> limits) =>
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

    public static Frame Problem(FrameId? id, ChatException problem) => Write("problem", (id, problem), static (writer, it) =>
    {
        WriteId(writer, it.id);
        writer.WritePropertyName("problem"u8);
        JsonSerializer.Serialize(writer, Edge.Problem.From(it.problem), ProblemJson.Default.Problem);
    });

    /// <summary>What a WebSocket says in its close frame, for transports that have none.</summary>
    public static Frame Close(CloseReason reason) => Write("close", reason, static (writer, reason) =>
    {
        writer.WriteNumber("code"u8, reason.Code);
        writer.WriteString("reason"u8, reason.Text);
    });

    private static void WriteId(Utf8JsonWriter writer, FrameId? id)
    {
        if (id is not null)
        {
            writer.WritePropertyName("id"u8);
            writer.WriteRawValue(id.Json, skipInputValidation: true);
        }
    }

    private static Frame Write<T>(string type, T content, Action<Utf8JsonWriter, T> write, string? cursor = null) =>
        Frame.Make(type, (type, content, write), static (buffer, it) =>
        {
            using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            writer.WriteStartObject();
            writer.WriteString("type"u8, it.type);
            it.write(writer, it.content);
            writer.WriteEndObject();
        }, cursor);
}
