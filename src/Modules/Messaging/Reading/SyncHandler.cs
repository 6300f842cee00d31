using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;

namespace ModularChat.Messaging.Reading;

internal sealed class SyncHandler(PresentedCursors cursors, SyncPages pages, SelfConversations self, IMediator mediator) : IRequestHandler<Sync, SyncPage>
{
    public const int LargestPage = 1_000;

    public async Task<SyncPage> Handle(Sync request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        CheckLimit(request.Limit);
        var userId = request.Caller.UserId;
        var (cursor, reset) = await cursors.TakeAsync(request.Caller, request.Cursor, cancellationToken);
        if (cursor is null)
        {
            // A first sync shows all that there is, also where one writes to oneself.
            await self.EnsureAsync(userId, cancellationToken);
        }
        var page = await pages.ReadAsync(userId, cursor, request.Limit, reset, cancellationToken);
        return page.More ? page : page with { Versions = await mediator.Send(new GetDataVersions(userId), cancellationToken) };
    }

    public static void CheckLimit(int limit)
    {
        if (limit is < 1 or > LargestPage)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"limit is 1 to {LargestPage}.") { Field = "limit", Limit = LargestPage };
        }
    }
}
