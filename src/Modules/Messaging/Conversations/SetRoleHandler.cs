using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

internal sealed class SetRoleHandler(ConversationWriter writer, RequestHash hashes) : IRequestHandler<SetRole, Stored>
{
    public Task<Stored> Handle(SetRole request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        if (request.Role is not (MemberRole.Member or MemberRole.Administrator or MemberRole.Owner))
        {
            throw ChatException.Invalid("role", "role is member, administrator or owner.");
        }
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId,
            hashes.Of(EntryKind.Members, (long)request.Role, (long)MembersAction.Role, null, [request.UserId]));
        return writer.WriteAsync(
            wish, (state, sender, _) => ValueTask.FromResult(Change(state, sender, request.UserId, request.Role)), cancellationToken).AsTask();
    }

    private static Draft? Change(ConversationState state, Member sender, Guid userId, MemberRole role)
    {
        Roles.RequireMember(sender);
        Roles.RequireGroup(state.Head);
        Roles.RequireOwner(sender);
        if (state.Members.Find(userId) is not { Role: >= MemberRole.Member } member)
        {
            throw new ChatException(ProblemCodes.NotFound, "This user is not a member.") { Field = "userId" };
        }
        if (member.Role == role)
        {
            return null;
        }
        if (userId == sender.UserId)
        {
            throw new ChatException(ProblemCodes.Forbidden, "The owner hands the group over by making another its owner.");
        }
        var changes = new List<MemberChange> { new(userId, role, RangeChange.Keep) };
        if (role == MemberRole.Owner)
        {
            changes.Add(new MemberChange(sender.UserId, MemberRole.Administrator, RangeChange.Keep));
        }
        return new Draft(
            EntryKind.Members,
            Bodies.Of(new MembersBody(MembersAction.Role, [userId], role, role == MemberRole.Owner ? userId : null)),
            Change: new Change.ChangeMembers(changes));
    }
}
