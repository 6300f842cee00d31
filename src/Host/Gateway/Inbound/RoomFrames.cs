using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>Turns a room frame into the contract request that its action names.</summary>
internal static class RoomFrames
{
    public static async Task<Frame?> AnswerAsync(IMediator mediator, Caller caller, ClientFrame frame, CancellationToken token)
    {
        var id = frame.ConversationId ?? throw Missing("conversationId");
        switch (frame.Action)
        {
            case "join":
                return Frames.Room(frame.Id, await mediator.Send(new JoinRoom(caller, id, Leg(frame), frame.Muted ?? false, frame.Deafened ?? false), token));
            case "leave":
                await mediator.Send(new LeaveRoom(caller, id, Leg(frame)), token);
                return Done(frame);
            case "renew":
                return Frames.Room(frame.Id, new RoomAnswer(await mediator.Send(
                    new RenewRoom(caller, id, Leg(frame), frame.Muted, frame.Deafened, frame.Speaking), token)));
            case "signal":
                await mediator.Send(new SignalRoom(caller, id, Leg(frame), frame.To, frame.Epoch, frame.Signal ?? throw Missing("signal")), token);
                return Done(frame);
            case "silence":
                return Frames.Room(frame.Id, new RoomAnswer(await mediator.Send(
                    new SilenceInRoom(caller, id, frame.UserId ?? throw Missing("userId"), frame.Silenced ?? throw Missing("silenced")), token)));
            default:
                throw ChatException.Invalid("action", "action is one of join, leave, renew, signal, silence.");
        }
    }

    private static Frame? Done(ClientFrame frame) => frame.Id is { } id ? Frames.Ok(id) : null;

    private static Guid Leg(ClientFrame frame) => frame.LegId ?? throw Missing("legId");

    private static ChatException Missing(string field) => ChatException.Invalid(field, $"{field} is missing.");
}
