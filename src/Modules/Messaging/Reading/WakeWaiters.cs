using System.Text.Json;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Reading;

internal sealed class WakeWaiters(Waiters waiters)
    : INotificationHandler<MessageStored>, INotificationHandler<LogReopened>, INotificationHandler<SessionEnded>, INotificationHandler<UserDataChanged>
{
    public Task Handle(MessageStored notification, CancellationToken cancellationToken)
    {
        if (waiters.Count == 0)
        {
            return Task.CompletedTask;
        }
        foreach (var (_, entry, recipients, _, invited) in notification.Entries)
        {
            waiters.Wake(recipients);
            waiters.Wake(invited);
            // Those whom it concerns are told too when they may not see the entry: invited, or no longer so.
            if (entry is { Kind: EntryKind.Members, Body: { } members })
            {
                waiters.Wake(JsonSerializer.Deserialize(members.Utf8.Span, ContractsJson.Default.MembersBody)?.UserIds);
            }
        }
        foreach (var (_, _, recipients, own) in notification.Marks)
        {
            waiters.Wake(recipients);
            foreach (var marks in own)
            {
                waiters.Wake([marks.UserId]);
            }
        }
        return Task.CompletedTask;
    }

    public Task Handle(LogReopened notification, CancellationToken cancellationToken)
    {
        waiters.WakeAll();
        return Task.CompletedTask;
    }

    public Task Handle(UserDataChanged notification, CancellationToken cancellationToken)
    {
        if (notification.IsQuiet)
        {
            waiters.Answer(notification.UserId);
        }
        return Task.CompletedTask;
    }

    public Task Handle(SessionEnded notification, CancellationToken cancellationToken)
    {
        waiters.EndSession(notification.UserId, notification.SessionId);
        return Task.CompletedTask;
    }
}
