using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>Turns a call frame into the contract request that its action names.</summary>
internal static class CallFrames
{
    public static async Task<Frame?> AnswerAsync(IMediator mediator, Caller caller, ClientFrame frame, CancellationToken token)
    {
        var callId = frame.CallId ?? throw Missing("callId");
        switch (frame.Action)
        {
            case "start":
                return Frames.Call(frame.Id, await mediator.Send(
                    new StartCall(caller, frame.ConversationId ?? throw Missing("conversationId"), callId, Leg(frame)), token));
            case "accept":
                return Frames.Call(frame.Id, await mediator.Send(new AcceptCall(caller, callId, Leg(frame)), token));
            case "decline":
                return Frames.Call(frame.Id, new CallAnswer(await mediator.Send(new DeclineCall(caller, callId), token)));
            case "hangup":
                return Frames.Call(frame.Id, new CallAnswer(await mediator.Send(new HangUpCall(caller, callId, Leg(frame), frame.Failed), token)));
            case "renew":
                return Frames.Call(frame.Id, new CallAnswer(await mediator.Send(new RenewCall(caller, callId, Leg(frame)), token)));
            case "signal":
                await mediator.Send(new SignalCall(caller, callId, Leg(frame), frame.Signal ?? throw Missing("signal")), token);
                return frame.Id is { } id ? Frames.Ok(id) : null;
            default:
                throw ChatException.Invalid("action", "action is one of start, accept, decline, hangup, renew, signal.");
        }
    }

    private static Guid Leg(ClientFrame frame) => frame.LegId ?? throw Missing("legId");

    private static ChatException Missing(string field) => ChatException.Invalid(field, $"{field} is missing.");
}
