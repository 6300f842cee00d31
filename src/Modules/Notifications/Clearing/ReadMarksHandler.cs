using MediatR;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Notifications.Clearing;

/// <summary>Hears what was read. Who writes has read everything before, and no mark says so.</summary>
internal sealed class ReadMarksHandler(ToldDevices told) : INotificationHandler<MessageStored>
{
    public Task Handle(MessageStored notification, CancellationToken cancellationToken)
    {
        foreach (var stored in notification.Entries)
        {
            if (stored.Entry.Kind == EntryKind.Message)
            {
                told.Read(notification.Shard, stored.Entry.SenderId, stored.Entry.ConversationId, stored.Entry.Seq);
            }
        }
        foreach (var moved in notification.Marks)
        {
            foreach (var own in moved.Own)
            {
                told.Read(notification.Shard, own.UserId, moved.ConversationId, own.State.Read);
            }
        }
        return Task.CompletedTask;
    }
}
