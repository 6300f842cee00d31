using MediatR;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

internal sealed class ReactHandler(ConversationWriter writer, RequestHash hashes, Targets targets, Blocks blocks, IMediator mediator)
    : IRequestHandler<React, Stored>
{
    public Task<Stored> Handle(React request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        TextRules.CheckEmoji(request.Emoji);
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId,
            hashes.Of(EntryKind.Reaction, request.Seq, request.Remove ? 1 : 0, request.Emoji));
        return writer.WriteAsync(
            wish,
            async (state, sender, token) =>
            {
                Roles.RequireMember(sender);
                await blocks.RequireReachableAsync(mediator, state, sender.UserId, token);
                var target = await targets.GetAsync(state, sender, request.Seq, "seq", token);
                if (target.IsDeleted == true)
                {
                    throw Targets.NotThere("seq");
                }
                return new Draft(
                    EntryKind.Reaction, Bodies.Of(new ReactionBody(request.Emoji, request.Remove ? true : null)), request.Seq,
                    new Change.React(request.Emoji, request.Remove));
            },
            cancellationToken).AsTask();
    }
}
