using System.Text.Json;
using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Edge;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>Turns one frame into one contract request and its result into one answer; nothing else.</summary>
internal sealed partial class FrameRouter(IMediator mediator, IOptions<GatewayOptions> options, TimeProvider time, ILogger<FrameRouter> logger)
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Handles a frame; null when there is nothing to answer. The part up to the first wait runs before this returns, so
    /// frames of one connection reach their handlers in the order in which they came.
    /// </summary>
    public async Task<Frame?> HandleAsync(Connection connection, ClientFrame frame)
    {
        var token = connection.Closed;
        if (connection.Reason is not null)
        {
            // Its client has been told so and goes elsewhere, or may do nothing here any more.
            return Frames.Problem(frame.Id, new ChatException(ProblemCodes.Unavailable, "The connection is being closed.") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        if (frame.Type != "heartbeat" && time.GetElapsedTime(connection.LastChecked) >= TimeSpan.FromSeconds(options.Value.HeartbeatSeconds))
        {
            // Any frame keeps a connection, so a client that sends no heartbeats must not escape the look that comes with
            // them. Not waited for: this frame would be overtaken by the next.
            _ = BeatAsync(connection, token);
        }
        try
        {
            return await AnswerAsync(connection, frame, token);
        }
        catch (ChatException problem)
        {
            return Frames.Problem(frame.Id, problem);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The connection is gone, and with it whoever waits for an answer.
            return null;
        }
        catch (Exception e)
        {
            Log.Failed(logger, e, frame.Type ?? "");
            return Frames.Problem(frame.Id, new ChatException(ProblemCodes.Internal, "The server failed to handle this frame."));
        }
    }

    /// <summary>
    /// Answers a heartbeat in its usual form without reading it as JSON; false for every other frame, and when the session is to be looked at
    /// again. Nothing is allocated.
    /// </summary>
    public bool TryBeat(Connection connection, ReadOnlySpan<byte> frame)
    {
        var isActive = frame.SequenceEqual("""{"type":"heartbeat","active":true}"""u8);
        if (!isActive && !frame.SequenceEqual("""{"type":"heartbeat"}"""u8) && !frame.SequenceEqual("""{"type":"heartbeat","active":false}"""u8))
        {
            return false;
        }
        if (time.GetElapsedTime(connection.LastChecked) >= TimeSpan.FromSeconds(options.Value.HeartbeatSeconds))
        {
            return false;
        }
        if (isActive)
        {
            connection.NoteActive();
        }
        connection.Send(Frames.Heartbeat);
        return true;
    }

    /// <summary>Looks whether the session still holds. Closes the connection otherwise.</summary>
    public async Task HeartbeatAsync(Connection connection, CancellationToken token)
    {
        var caller = connection.Caller!;
        connection.LastChecked = time.GetTimestamp();
        // The event that a session ended may be lost; this look is not. It is answered from memory, and counts as use.
        if (await mediator.Send(new Authenticate(connection.Token, caller.ApplicationId is null ? null : caller.UserId), token) is null)
        {
            connection.Close(CloseReason.Unauthorized);
        }
    }

    private async Task BeatAsync(Connection connection, CancellationToken token)
    {
        try
        {
            await HeartbeatAsync(connection, token);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The connection is gone.
        }
        catch (ChatException e) when (e.Code.Retryable)
        {
            // The accounts are on another node, and it does not answer now.
        }
        catch (Exception e)
        {
            // Nobody waits for this; the next frame after the time of a heartbeat tries again.
            Log.Failed(logger, e, "heartbeat");
        }
    }

    /// <summary>Reads a frame; a problem when it is not one.</summary>
    public static ClientFrame Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return Checked(JsonSerializer.Deserialize(json, ClientFrameJson.Default.ClientFrame));
        }
        catch (JsonException e)
        {
            throw NotAFrame(e);
        }
    }

    /// <summary>The same for JSON that was read already.</summary>
    public static ClientFrame Read(JsonElement json)
    {
        try
        {
            return Checked(json.Deserialize(ClientFrameJson.Default.ClientFrame));
        }
        catch (JsonException e)
        {
            throw NotAFrame(e);
        }
    }

    private static ClientFrame Checked(ClientFrame? frame) => frame ?? throw new ChatException(ProblemCodes.MalformedJson, "A frame is a JSON object.");

    /// <summary>The message of the exception may quote what was sent; its path may not.</summary>
    private static ChatException NotAFrame(JsonException e) =>
        // Well-formed JSON, but no text: found only when the string is made. The reader has no type of its own for it.
        Problem.IsBadText(e)
            ? new ChatException(ProblemCodes.InvalidText, $"A text holds a lone surrogate or bytes that are not UTF-8, at {e.Path ?? "$"}.")
            : new ChatException(ProblemCodes.MalformedJson, $"The frame is not valid JSON of the expected shape, at {e.Path ?? "$"}.");

    private async ValueTask<Frame?> AnswerAsync(Connection connection, ClientFrame frame, CancellationToken token)
    {
        var caller = connection.Caller!;
        switch (frame.Type)
        {
            case "send":
                return Frames.Ack(frame.Id, await mediator.Send(
                    new SendMessage(caller, Conversation(frame), ClientMessageId(frame), Text(frame), frame.ReplyTo), token));
            case "edit":
                return Frames.Ack(frame.Id, await mediator.Send(
                    new EditMessage(caller, Conversation(frame), Seq(frame), ClientMessageId(frame), Text(frame)), token));
            case "delete":
                return Frames.Ack(frame.Id, await mediator.Send(
                    new DeleteMessage(caller, Conversation(frame), Seq(frame), ClientMessageId(frame)), token));
            case "react":
                return Frames.Ack(frame.Id, await mediator.Send(
                    new React(caller, Conversation(frame), Seq(frame), ClientMessageId(frame), frame.Emoji ?? throw Missing("emoji"), frame.Remove), token));
            case "mark":
                await mediator.Send(new AdvanceMarks(caller, Conversation(frame), frame.Delivered, frame.Read), token);
                return frame.Id is { } id ? Frames.Ok(id) : null;
            case "cursor":
                await mediator.Send(new Acknowledge(caller, frame.Cursor ?? throw Missing("cursor")), token);
                return null;
            case "typing":
                await mediator.Send(new SignalTyping(caller, Conversation(frame)), token);
                return null;
            case "heartbeat":
                if (frame.Active == true)
                {
                    connection.NoteActive();
                }
                if (time.GetElapsedTime(connection.LastChecked) >= Least)
                {
                    await HeartbeatAsync(connection, token);
                }
                return Frames.Heartbeat;
            case "watch":
                var watch = new WatchPresence(caller, connection.Id, frame.Contacts, frame.UserIds ?? [], frame.ConversationIds ?? []);
                await mediator.Send(watch, token);
                connection.Watched = watch;
                return frame.Id is { } watchId ? Frames.Ok(watchId) : null;
            case "call":
                return await CallFrames.AnswerAsync(mediator, caller, frame, token);
            case "room":
                return await RoomFrames.AnswerAsync(mediator, caller, frame, token);
            case "goodbye":
                connection.Close(CloseReason.Goodbye);
                return null;
            default:
                throw new ChatException(ProblemCodes.UnknownFrame, "type is one of send, edit, delete, react, mark, cursor, typing, heartbeat, watch, call, room, goodbye.") { Field = "type" };
        }
    }

    private static Guid Conversation(ClientFrame frame) => frame.ConversationId ?? throw Missing("conversationId");

    private static Guid ClientMessageId(ClientFrame frame) => frame.ClientMessageId ?? throw Missing("clientMessageId");

    private static long Seq(ClientFrame frame) => frame.Seq ?? throw Missing("seq");

    private static string Text(ClientFrame frame) => frame.Text ?? throw Missing("text");

    private static ChatException Missing(string field) => ChatException.Invalid(field, $"{field} is missing.");

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Error, "A {Type} frame failed.")]
        public static partial void Failed(ILogger logger, Exception exception, string type);
    }
}
