using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

internal sealed class OpenDirectHandler(
    IMediator mediator, IMessageLog log, ConversationCache conversations, Reader reader, Admission admission, SelfConversations self, RequestHash hashes,
    TimeProvider time)
    : IRequestHandler<OpenDirect, ConversationInfo>
{
    public async Task<ConversationInfo> Handle(OpenDirect request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        var caller = request.Caller.UserId;
        if (request.UserId == caller)
        {
            return await reader.ViewAsync(request.Caller, await self.EnsureAsync(caller, cancellationToken), cancellationToken);
        }
        if (await mediator.Send(new GetRelations(caller, [request.UserId]), cancellationToken) is not [{ } relation])
        {
            throw new ChatException(ProblemCodes.NotFound, "There is no such user.") { Field = "userId" };
        }
        if (relation.IsBlocked)
        {
            throw Blocks.Unreachable();
        }
        var id = Ids.Direct(caller, request.UserId);
        if (await conversations.GetAsync(id, cancellationToken) is null)
        {
            await admission.RequireRoomAsync(caller, id, cancellationToken);
            await admission.RequireRoomAsync(request.UserId, id, cancellationToken);
            // When the other opens it at the same time, it is there already: that is as good.
            await log.AppendAsync(Created(id, caller, request.UserId), cancellationToken);
        }
        return await reader.ViewAsync(request.Caller, id, cancellationToken);
    }

    private Append Created(Guid id, Guid caller, Guid other) => new()
    {
        ConversationId = id,
        SenderId = caller,
        ClientMessageId = id,
        RequestHash = hashes.Of(EntryKind.Created, 0, (long)ConversationKind.Direct, null),
        Kind = EntryKind.Created,
        At = time.GetUtcNow(),
        Body = Bodies.Of(new CreatedBody(ConversationKind.Direct, null, [caller, other])),
        MembersSeq = 0,
        Change = new Change.Create(ConversationKind.Direct, null, HistoryVisibility.All, [(caller, MemberRole.Member), (other, MemberRole.Member)]),
    };
}
