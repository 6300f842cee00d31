using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Notifications;

namespace ModularChat.Calls.Calling;

/// <summary>Has the callee's devices pushed to when a call begins to ring, and told when it rings no longer. A call of which the callee is told nothing is not pushed either.</summary>
[OncePerCluster]
internal sealed partial class RingingPushes(IMediator mediator, IOptions<CallsOptions> options, ILogger<RingingPushes> logger) : INotificationHandler<CallChanged>
{
    public async Task Handle(CallChanged notification, CancellationToken cancellationToken)
    {
        var call = notification.Call;
        if (!notification.Recipients.Contains(call.CalleeId))
        {
            return;
        }
        var until = call.StartedAt.AddSeconds(options.Value.RingSeconds);
        try
        {
            if (call.State == CallState.Ringing)
            {
                await mediator.Send(new PushCall(call.Id, call.ConversationId, call.CallerId, [call.CalleeId], until), cancellationToken);
            }
            else if (call.State == CallState.Active || call.AnsweredAt is null)
            {
                await mediator.Send(new PushCallEnded(call.Id, call.ConversationId, [call.CalleeId], until), cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The call goes on: a device that is connected rings without it.
            Log.NotPushed(logger, call.Id, (e as ChatException)?.Code.Code ?? e.GetType().Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5050, LogLevel.Warning, "Devices could not be pushed to for call {Call}: {Reason}")]
        public static partial void NotPushed(ILogger logger, Guid call, string reason);
    }
}
