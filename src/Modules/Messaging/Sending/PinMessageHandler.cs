using MediatR;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

internal sealed class PinMessageHandler(ConversationWriter writer, RequestHash hashes, Targets targets, Blocks blocks, IMediator mediator)
    : IRequestHandler<PinMessage, Stored>
{
    public Task<Stored> Handle(PinMessage request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId,
            hashes.Of(EntryKind.Pinned, request.Seq, request.Pinned ? 1 : 0, null));
        return writer.WriteAsync(
            wish,
            async (state, sender, token) =>
            {
                Roles.RequireAdministrator(state.Head, sender);
                await blocks.RequireReachableAsync(mediator, state, sender.UserId, token);
                var target = await targets.GetAsync(state, sender, request.Seq, "seq", token);
                if (target.IsDeleted == true)
                {
                    throw Targets.NotThere("seq");
                }
                return target.IsPinned == true == request.Pinned
                    ? null
                    : new Draft(EntryKind.Pinned, Bodies.Of(new PinnedBody(request.Pinned)), request.Seq, new Change.Pin(request.Pinned));
            },
            cancellationToken).AsTask();
    }
}
