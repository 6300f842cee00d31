using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

internal sealed class RemoveMemberHandler(ConversationWriter writer, RequestHash hashes) : IRequestHandler<RemoveMember, Stored>
{
    public Task<Stored> Handle(RemoveMember request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId,
            hashes.Of(EntryKind.Members, 0, (long)MembersAction.Removed, null, [request.UserId]));
        return writer.WriteAsync(
            wish,
            (state, sender, _) => ValueTask.FromResult(sender.UserId == request.UserId ? Leave(state, sender) : Remove(state, sender, request.UserId)),
            cancellationToken).AsTask();
    }

    /// <summary>The longest-serving administrator, else member, who owns the group when its owner is gone; null when nobody is left.</summary>
    internal static Guid? NextOwner(MemberTable members, Guid leaving)
    {
        Member? next = null;
        foreach (var userId in members.Recipients)
        {
            if (userId != leaving && members.Find(userId) is { } member && (next is null || IsBefore(member, next)))
            {
                next = member;
            }
        }
        return next?.UserId;
    }

    private static bool IsBefore(Member one, Member other)
    {
        if (one.Role != other.Role)
        {
            return one.Role > other.Role;
        }
        return one.RangesPosition != other.RangesPosition ? one.RangesPosition < other.RangesPosition : one.UserId.CompareTo(other.UserId) < 0;
    }

    private static Draft Leave(ConversationState state, Member sender)
    {
        if (sender.Role == MemberRole.None)
        {
            throw ChatException.NoConversation();
        }
        Roles.RequireGroup(state.Head);
        var changes = new List<MemberChange> { Gone(sender) };
        var next = sender.Role == MemberRole.Owner ? NextOwner(state.Members, sender.UserId) : null;
        if (next is { } owner)
        {
            changes.Add(new MemberChange(owner, MemberRole.Owner, RangeChange.Keep));
        }
        return new Draft(
            EntryKind.Members, Bodies.Of(new MembersBody(MembersAction.Left, [sender.UserId], NewOwner: next)), Change: new Change.ChangeMembers(changes));
    }

    private static Draft? Remove(ConversationState state, Member sender, Guid userId)
    {
        Roles.RequireMember(sender);
        Roles.RequireGroup(state.Head);
        Roles.RequireAdministrator(state.Head, sender);
        if (state.Members.Find(userId) is not { } member)
        {
            throw new ChatException(ProblemCodes.NotFound, "This user never was a member.") { Field = "userId" };
        }
        if (member.Role >= sender.Role)
        {
            throw new ChatException(ProblemCodes.Forbidden, "Only the owner may remove an administrator, and nobody the owner.");
        }
        return member.Role == MemberRole.None
            ? null
            : new Draft(
                EntryKind.Members, Bodies.Of(new MembersBody(MembersAction.Removed, [userId])), Change: new Change.ChangeMembers([Gone(member)]));
    }

    private static MemberChange Gone(Member member) =>
        new(member.UserId, MemberRole.None, member.Role == MemberRole.Invited ? RangeChange.Keep : RangeChange.Close);
}
