using MediatR;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

internal sealed class JoinGroupHandler(ConversationWriter writer, Reader reader, RequestHash hashes) : IRequestHandler<JoinGroup, ConversationInfo>
{
    public async Task<ConversationInfo> Handle(JoinGroup request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId, hashes.Of(EntryKind.Members, 0, (long)MembersAction.Joined, null));
        await writer.WriteAsync(wish, (state, sender, _) => ValueTask.FromResult(Join(state, sender)), cancellationToken);
        return await reader.ViewAsync(request.Caller, request.ConversationId, cancellationToken);
    }

    private static Draft? Join(ConversationState state, Member sender)
    {
        if (sender.Role != MemberRole.Invited)
        {
            Roles.RequireMember(sender);
            return null;
        }
        // The first who comes into a group that everybody has left owns it.
        var role = state.Members.Recipients.Length == 0 ? MemberRole.Owner : MemberRole.Member;
        return new Draft(
            EntryKind.Members, Bodies.Of(new MembersBody(MembersAction.Joined, [sender.UserId], role)),
            Change: new Change.ChangeMembers([new MemberChange(sender.UserId, role, Ranges.Open(state.Head))]));
    }
}
