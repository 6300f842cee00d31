using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

internal sealed class AddMembersHandler(ConversationWriter writer, Reader reader, Admission admission, RequestHash hashes)
    : IRequestHandler<AddMembers, ConversationInfo>
{
    private const int MaxAtOnce = 100;

    public async Task<ConversationInfo> Handle(AddMembers request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        var userIds = UserIds.Distinct(request.UserIds, request.Caller.UserId);
        if (request.UserIds.Length == 0)
        {
            throw ChatException.Invalid("userIds", "userIds is empty.");
        }
        if (userIds.Count > MaxAtOnce)
        {
            throw ChatException.TooLong("userIds", MaxAtOnce, "users");
        }
        // Two entries, since people who are added and people who are invited are told different things. Each is found
        // again by a retry under its own id.
        await WriteAsync(request, userIds, MembersAction.Added, request.ClientMessageId, cancellationToken);
        await WriteAsync(request, userIds, MembersAction.Invited, Ids.Following(request.ClientMessageId, "invited"), cancellationToken);
        return await reader.ViewAsync(request.Caller, request.ConversationId, cancellationToken);
    }

    private async Task WriteAsync(AddMembers request, List<Guid> userIds, MembersAction action, Guid clientMessageId, CancellationToken cancellationToken)
    {
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, clientMessageId, hashes.Of(EntryKind.Members, 0, (long)action, null, userIds.ToArray()));
        await writer.WriteAsync(
            wish,
            async (state, sender, token) =>
            {
                Roles.RequireMember(sender);
                Roles.RequireGroup(state.Head);
                Roles.RequireAdministrator(state.Head, sender);
                var missing = userIds.FindAll(id => state.Members.Find(id) is not { Role: >= MemberRole.Member });
                var (added, invited) = await admission.SplitAsync(sender.UserId, request.ConversationId, missing, token);
                var come = action == MembersAction.Added ? added : invited.FindAll(id => state.Members.Find(id) is not { Role: MemberRole.Invited });
                admission.RequireGroupSize((long)state.Members.Recipients.Length + state.Members.InvitedCount + CountNew(state, come));
                return come.Count == 0 ? null : Draft(state, action, come);
            },
            cancellationToken);
    }

    private static int CountNew(ConversationState state, List<Guid> userIds) =>
        userIds.Count(id => state.Members.Find(id) is not { Role: MemberRole.Invited });

    private static Draft Draft(ConversationState state, MembersAction action, List<Guid> userIds)
    {
        var role = action == MembersAction.Added ? MemberRole.Member : MemberRole.Invited;
        var range = action == MembersAction.Added ? Ranges.Open(state.Head) : RangeChange.Keep;
        var changes = new List<MemberChange>(userIds.Count);
        foreach (var id in userIds)
        {
            changes.Add(new MemberChange(id, role, range));
        }
        return new Draft(EntryKind.Members, Bodies.Of(new MembersBody(action, [.. userIds], role)), Change: new Change.ChangeMembers(changes));
    }
}
