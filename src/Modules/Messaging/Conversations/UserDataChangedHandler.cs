using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;

namespace ModularChat.Messaging.Conversations;

/// <summary>Tells a user's devices, by an entry in Self, to read a part of the general data again. When it is lost, sync still states the version.</summary>
[OncePerCluster]
internal sealed class UserDataChangedHandler(ConversationWriter writer, RequestHash hashes, SelfRetention retention) : INotificationHandler<UserDataChanged>
{
    public async Task Handle(UserDataChanged notification, CancellationToken cancellationToken)
    {
        if (notification.IsQuiet)
        {
            return;
        }
        var self = Ids.Self(notification.UserId);
        var wish = new Wish(
            self, notification.UserId, Ids.Following(self, $"{notification.Subject}/{notification.Version}"),
            hashes.Of(EntryKind.Signal, notification.Version, 0, notification.Subject));
        await writer.WriteAsync(
            wish,
            (_, _, _) => ValueTask.FromResult<Draft?>(new Draft(EntryKind.Signal, Bodies.Of(new SignalBody(notification.Subject, notification.Version)))),
            cancellationToken);
        retention.Note(notification.UserId);
    }
}
