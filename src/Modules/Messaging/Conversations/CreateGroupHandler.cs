using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

internal sealed class CreateGroupHandler(IMessageLog log, Reader reader, Admission admission, RequestHash hashes, TimeProvider time)
    : IRequestHandler<CreateGroup, ConversationInfo>
{
    // Ids of version 8 are derived: a group under one would stand where two people's conversation belongs.
    private const int DerivedVersion = 8;

    public async Task<ConversationInfo> Handle(CreateGroup request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        if (request.Id == Guid.Empty || request.Id.Version == DerivedVersion)
        {
            throw ChatException.Invalid("id", "id is not a UUID that a client may make: use version 7 or 4.");
        }
        TextRules.CheckTitle(request.Title);
        ChangeGroupHandler.CheckHistory(request.History);
        var caller = request.Caller.UserId;
        var others = UserIds.Distinct(request.UserIds, caller);
        admission.RequireGroupSize(others.Count + 1L);
        var append = new Append
        {
            ConversationId = request.Id,
            SenderId = caller,
            ClientMessageId = request.Id,
            RequestHash = hashes.Of(EntryKind.Created, (long)ConversationKind.Group, (long)request.History, request.Title, others.ToArray()),
            Kind = EntryKind.Created,
            At = time.GetUtcNow(),
            MembersSeq = -1,
        };
        // A retry is told what the first one made, whatever has changed since; on no members it can only be found, not stored.
        var result = await log.AppendAsync(append, cancellationToken);
        if (result.Outcome is not (AppendOutcome.Duplicate or AppendOutcome.IdReused))
        {
            await admission.RequireRoomAsync(caller, request.Id, cancellationToken);
            var (added, invited) = await admission.SplitAsync(caller, request.Id, others, cancellationToken);
            result = await log.AppendAsync(Complete(append, request, added, invited), cancellationToken);
        }
        return result.Outcome is AppendOutcome.Stored or AppendOutcome.Duplicate
            ? await reader.ViewAsync(request.Caller, request.Id, cancellationToken)
            : throw new ChatException(ProblemCodes.IdReused, "This id belongs to another conversation.") { Field = "id" };
    }

    private static Append Complete(Append append, CreateGroup request, List<Guid> added, List<Guid> invited)
    {
        var caller = request.Caller.UserId;
        var members = new List<(Guid, MemberRole)> { (caller, MemberRole.Owner) };
        members.AddRange(added.Select(id => (id, MemberRole.Member)));
        members.AddRange(invited.Select(id => (id, MemberRole.Invited)));
        return append with
        {
            MembersSeq = 0,
            Body = Bodies.Of(new CreatedBody(ConversationKind.Group, request.Title, [caller, .. added])),
            Change = new Change.Create(ConversationKind.Group, request.Title, request.History, members),
        };
    }
}
