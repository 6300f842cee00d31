using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Conversations;

internal sealed class GetMembershipsHandler(ConversationCache conversations) : IRequestHandler<GetMemberships, Guid[]>
{
    private const int Most = 10_000;

    public async Task<Guid[]> Handle(GetMemberships request, CancellationToken cancellationToken)
    {
        if (request.ConversationIds.Length > Most)
        {
            throw ChatException.TooLong("conversationIds", Most, "conversations");
        }
        var own = (await conversations.ListAsync(request.Caller.UserId, cancellationToken)).ToHashSet();
        List<Guid> found = [];
        foreach (var id in request.ConversationIds)
        {
            // The list has former conversations too.
            if (own.Contains(id) && (await conversations.GetAsync(id, cancellationToken))?.Members.Find(request.Caller.UserId) is { Role: >= MemberRole.Member })
            {
                found.Add(id);
            }
        }
        return [.. found];
    }
}
