using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;

namespace ModularChat.Messaging.Reading;

internal sealed class HistoryHandler(Reader readers, ConversationViews views, VisibleEntries entries)
    : IRequestHandler<GetHistory, HistoryPage>
{
    private const int LargestPage = 200;

    public async Task<HistoryPage> Handle(GetHistory request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        Check(request);
        var (head, reader) = await readers.FindAsync(request.Caller, request.ConversationId, cancellationToken);
        var last = ConversationViews.LastVisible(head, reader.Ranges);
        // What retention took away is not there for anybody.
        var from = Math.Max(request.After is { } after ? Math.Min(after, last) + 1 : 1, head.Cut + 1);
        var to = request.Before is { } before ? Math.Min(before - 1, last) : last;
        var (page, more) = await entries.ReadAsync(request.ConversationId, ConversationViews.Visible(head, reader), from, to, request.Limit, newest: request.After is null, cancellationToken);
        return new HistoryPage(page, more, views.Own(head, reader).Ranges);
    }

    private static void Check(GetHistory request)
    {
        if (request.Limit is < 1 or > LargestPage)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"limit is 1 to {LargestPage}.") { Field = "limit", Limit = LargestPage };
        }
        if (request is { Before: not null, After: not null })
        {
            throw ChatException.Invalid("before", "before and after are not allowed together.");
        }
        if (request.Before < 0 || request.After < 0)
        {
            throw ChatException.Invalid(request.Before < 0 ? "before" : "after", "A seq is not negative.");
        }
    }
}
