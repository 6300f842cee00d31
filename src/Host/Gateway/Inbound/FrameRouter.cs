using System.Text.Json;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Edge;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>Turns one frame into one contract request and its result into one answer; nothing else.</summary>
internal sealed partial class FrameRouter(IMediator mediator, ILogger<FrameRouter> logger)
{
    /// <summary>
    /// Handles a frame. The part up to the first wait runs before this returns, so frames of one connection reach their
    /// handlers in the order in which they came.
    /// </summary>
    public async Task HandleAsync(Connection connection, ClientFrame frame)
    {
        var token = connection.Closed;
        try
        {
            var answer = await AnswerAsync(connection, frame, token);
            if (!answer.IsEmpty)
            {
                connection.Send(answer);
            }
        }
        catch (ChatException problem)
        {
            connection.Send(Frames.Problem(frame.Id, problem));
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The connection is gone, and with it whoever waits for an answer.
        }
        catch (Exception e)
        {
            Log.Failed(logger, e, frame.Type ?? "");
            connection.Send(Frames.Problem(frame.Id, new ChatException(ProblemCodes.Internal, "The server failed to handle this frame.")));
        }
    }

    /// <summary>Reads a frame; a problem when it is not one.</summary>
    public static ClientFrame Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ClientFrameJson.Default.ClientFrame)
                ?? throw new ChatException(ProblemCodes.MalformedJson, "A frame is a JSON object.");
        }
        catch (JsonException e) when (Problem.IsBadText(e))
        {
            // Well-formed JSON, but no text: found only when the string is made. The reader has no type of its own for it.
            throw new ChatException(ProblemCodes.InvalidText, $"A text holds a lone surrogate or bytes that are not UTF-8, at {e.Path ?? "$"}.");
        }
        catch (JsonException e)
        {
            // The message of the exception may quote what was sent; its path may not.
            throw new ChatException(ProblemCodes.MalformedJson, $"The frame is not valid JSON of the expected shape, at {e.Path ?? "$"}.");
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(Connection connection, ClientFrame frame, CancellationToken token)
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
                return frame.Id is { } id ? Frames.Ok(id) : default;
            case "cursor":
                await mediator.Send(new Acknowledge(caller, frame.Cursor ?? throw Missing("cursor")), token);
                return default;
            case "typing":
                await mediator.Send(new SignalTyping(caller, Conversation(frame)), token);
                return default;
            case "heartbeat":
                await HeartbeatAsync(connection, caller, token);
                return Frames.Heartbeat;
            default:
                throw new ChatException(ProblemCodes.UnknownFrame, "type is one of send, edit, delete, react, mark, cursor, typing, heartbeat.") { Field = "type" };
        }
    }

    private async Task HeartbeatAsync(Connection connection, Caller caller, CancellationToken token)
    {
        // The event that a session ended may be lost; this look is not. It is answered from memory, and counts as use.
        if (await mediator.Send(new Authenticate(connection.Token, caller.ApplicationId is null ? null : caller.UserId), token) is null)
        {
            connection.Close(CloseReason.Unauthorized);
            return;
        }
        await mediator.Send(new KeepConnection(connection.Id, caller, "websocket"), token);
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
