using System.Text.Json;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Host.Gateway.Outbound;

/// <summary>
/// Delivers what was committed to the connections of this node. One frame a message, whatever the number of recipients; a
/// second one for the sender's devices (it carries the clientMessageId), a third where a recipient may not see the target.
/// Commits of a shard come in position order, one at a time.
/// </summary>
internal sealed class EntryDelivery(ConnectionTable table, DeliveredPositions delivered, CursorTicker cursors, IMediator mediator)
    : INotificationHandler<MessageStored>, INotificationHandler<LogReopened>
{
    public async Task Handle(MessageStored notification, CancellationToken cancellationToken)
    {
        delivered.Begin(notification.Shard, notification.Position);
        if (!delivered.Follows(notification.Shard, notification.PreviousPosition))
        {
            // A commit was missed: the connections may lack something, so they sync again.
            SyncAgain();
        }
        foreach (var stored in notification.Entries)
        {
            if (stored.Entry.Kind is EntryKind.Created or EntryKind.Members || stored.Invited is not null)
            {
                await IntroduceAsync(notification, stored, cancellationToken);
            }
            Deliver(notification.Shard, stored);
        }
        foreach (var moved in notification.Marks)
        {
            Deliver(notification.Shard, notification.Position, moved);
        }
        delivered.Advance(notification.Shard, notification.Position);
    }

    public async Task Handle(LogReopened notification, CancellationToken cancellationToken)
    {
        delivered.Set(notification.Positions ?? await mediator.Send(new GetPositions(), cancellationToken));
        SyncAgain();
    }

    private void SyncAgain()
    {
        foreach (var connection in table.All())
        {
            connection.Close(CloseReason.SyncAgain);
        }
    }

    private void Deliver(int shard, StoredEntry stored)
    {
        var entry = stored.Entry;
        Frame? forOthers = null, forSender = null, withoutBody = null;
        foreach (var user in stored.Recipients)
        {
            var connections = table.Of(user);
            if (connections.IsEmpty)
            {
                continue;
            }
            Frame frame;
            if (user == entry.SenderId)
            {
                frame = forSender ??= Frames.Entry(entry);
            }
            else if (stored.TargetHiddenFrom is { } hidden && Array.IndexOf(hidden, user) >= 0)
            {
                frame = withoutBody ??= Frames.Entry(entry with { ClientMessageId = null, Body = null });
            }
            else
            {
                frame = forOthers ??= Frames.Entry(entry with { ClientMessageId = null });
            }
            Queue(connections, shard, stored.Position, frame);
        }
    }

    private void Deliver(int shard, long position, MovedMarks moved)
    {
        if (moved.Others.Length > 0)
        {
            Frame? frame = null;
            foreach (var user in moved.Recipients)
            {
                var connections = table.Of(user);
                if (!connections.IsEmpty)
                {
                    frame ??= Frames.Marks(moved.ConversationId, moved.Others);
                    Queue(connections, shard, position, frame);
                }
            }
        }
        foreach (var own in moved.Own)
        {
            var connections = table.Of(own.UserId);
            if (!connections.IsEmpty)
            {
                Queue(connections, shard, position, Frames.Own(moved.ConversationId, own.State));
            }
        }
    }

    private void Queue(ReadOnlySpan<Connection> connections, int shard, long position, Frame frame)
    {
        foreach (var connection in connections)
        {
            if (connection.Deliver(shard, position, frame))
            {
                cursors.Owe(connection);
            }
        }
    }

    /// <summary>Gives those who came into a conversation its state before its entries, and those who are only invited, to whom no entry tells it, each time it changes.</summary>
    private async Task IntroduceAsync(MessageStored commit, StoredEntry stored, CancellationToken token)
    {
        foreach (var user in Newcomers(commit, stored))
        {
            if (table.CountOf(user) == 0)
            {
                continue;
            }
            ConversationInfo state;
            try
            {
                state = await mediator.Send(new GetConversation(new Caller(user), stored.Entry.ConversationId), token);
            }
            catch (ChatException)
            {
                // Out again already: the sync of that moment tells the rest.
                continue;
            }
            Queue(table.Of(user), commit.Shard, stored.Position, Frames.Conversation(state));
        }
    }

    private static Guid[] Newcomers(MessageStored commit, StoredEntry stored)
    {
        if (stored.Entry.Kind == EntryKind.Created)
        {
            // Who was invited with the creation sees no entry of it, but has a state of the own.
            var own = Array.Find(commit.Marks, moved => moved.ConversationId == stored.Entry.ConversationId)?.Own ?? [];
            return [.. stored.Recipients.Union(own.Select(o => o.UserId))];
        }
        var body = stored.Entry is { Kind: EntryKind.Members, Body: { } json } ? JsonSerializer.Deserialize(json.Utf8.Span, ContractsJson.Wire.MembersBody) : null;
        var newcomers = body is { Action: MembersAction.Added or MembersAction.Invited or MembersAction.Joined } ? body.UserIds : [];
        return stored.Invited is { } invited ? [.. newcomers.Union(invited)] : newcomers;
    }
}
