using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Reading;

namespace ModularChat.Messaging.Receipts;

internal sealed class AdvanceMarksHandler(Reader readers, ConversationViews views, MarkWindows windows, DeviceDeliveries devices)
    : IRequestHandler<AdvanceMarks, OwnState>
{
    public async Task<OwnState> Handle(AdvanceMarks request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        if (request is { Delivered: null, Read: null })
        {
            throw ChatException.Invalid("read", "delivered or read is needed.");
        }
        var (head, reader) = await readers.FindAsync(request.Caller, request.ConversationId, cancellationToken);
        var last = ConversationViews.LastVisible(head, reader.Ranges);
        Check("delivered", request.Delivered, last);
        Check("read", request.Read, last);
        if (request.Delivered is { } received)
        {
            await devices.HasAsync(request.Caller, request.ConversationId, received, cancellationToken);
        }
        // In large conversations nobody is shown who has received what, so it is not kept.
        var delivered = views.IsSmall(head) ? request.Delivered : null;
        if (delivered > reader.Delivered || request.Read > reader.Read)
        {
            await windows.AdvanceAsync(request.ConversationId, reader.UserId, delivered, request.Read).WaitAsync(cancellationToken);
            (head, reader) = await readers.FindAsync(request.Caller, request.ConversationId, cancellationToken);
        }
        return views.Own(head, reader);
    }

    private static void Check(string field, long? seq, long last)
    {
        if (seq < 0 || seq > last)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"{field} is 0 to {last}, the last seq that the caller may see.") { Field = field, Limit = last };
        }
    }
}
