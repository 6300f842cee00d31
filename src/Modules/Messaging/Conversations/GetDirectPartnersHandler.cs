using MediatR;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Conversations;

internal sealed class GetDirectPartnersHandler(ConversationCache conversations) : IRequestHandler<GetDirectPartners, Guid[]>
{
    public async Task<Guid[]> Handle(GetDirectPartners request, CancellationToken cancellationToken)
    {
        var ids = await conversations.ListAsync(request.UserId, cancellationToken);
        var heads = await conversations.GetHeadsAsync(ids, cancellationToken);
        var partners = new List<Guid>();
        // Shards count for themselves, at about the same pace.
        foreach (var head in heads.Where(head => head.Kind == ConversationKind.Direct).OrderByDescending(head => head.Position).Take(request.Limit))
        {
            if (await conversations.GetAsync(head.ConversationId, cancellationToken) is { } state)
            {
                partners.AddRange(state.Members.Recipients.Where(member => member != request.UserId));
            }
        }
        return [.. partners];
    }
}
