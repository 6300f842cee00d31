using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

internal sealed class DeleteMessageHandler(ConversationWriter writer, RequestHash hashes, Targets targets) : IRequestHandler<DeleteMessage, Stored>
{
    public Task<Stored> Handle(DeleteMessage request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId, hashes.Of(EntryKind.Deleted, request.Seq, 0, null));
        return writer.WriteAsync(
            wish,
            async (state, sender, token) =>
            {
                // No look at blocks: everybody may take back what they wrote.
                Roles.RequireMember(sender);
                var target = await targets.GetAsync(state, sender, request.Seq, "seq", token);
                var isTheirs = target.SenderId == sender.UserId;
                if (!isTheirs && (state.Head.Kind == ConversationKind.Direct || sender.Role < MemberRole.Administrator))
                {
                    throw new ChatException(ProblemCodes.Forbidden, "Only its author or an administrator of the group may delete a message.");
                }
                return target.IsDeleted == true ? null : new Draft(EntryKind.Deleted, null, request.Seq, new Change.Delete());
            },
            cancellationToken).AsTask();
    }
}
