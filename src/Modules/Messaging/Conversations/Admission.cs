using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Messaging.Sending;

namespace ModularChat.Messaging.Conversations;

/// <summary>Whom one may add to a group, and whom only invite.</summary>
internal sealed class Admission(IMediator mediator, ConversationCache conversations, IOptions<MessagingOptions> options)
{
    private const int AtOnce = 1_000;

    /// <summary>Splits people by whether they take additions from the caller.</summary>
    /// <exception cref="ChatException">For all when one of them is unknown, blocked, or in too many conversations.</exception>
    public async ValueTask<(List<Guid> Added, List<Guid> Invited)> SplitAsync(
        Guid callerId, Guid conversationId, List<Guid> userIds, CancellationToken token)
    {
        var added = new List<Guid>();
        var invited = new List<Guid>();
        for (var start = 0; start < userIds.Count; start += AtOnce)
        {
            var some = userIds.GetRange(start, Math.Min(AtOnce, userIds.Count - start));
            var relations = await mediator.Send(new GetRelations(callerId, [.. some]), token);
            if (relations.Length < some.Count)
            {
                throw ChatException.Invalid("userIds", "userIds names a user who does not exist.");
            }
            foreach (var relation in relations)
            {
                if (relation.IsBlocked)
                {
                    throw Blocks.Unreachable();
                }
                (relation.MayAddToGroups ? added : invited).Add(relation.OtherId);
            }
        }
        foreach (var userId in userIds)
        {
            await RequireRoomAsync(userId, conversationId, token);
        }
        return (added, invited);
    }

    /// <summary>Refuses when a user cannot come into one more conversation; one who has been in it before can.</summary>
    public async ValueTask RequireRoomAsync(Guid userId, Guid conversationId, CancellationToken token)
    {
        var limit = options.Value.MaxConversationsPerUser;
        var list = await conversations.ListAsync(userId, token);
        if (list.Count >= limit && !list.Contains(conversationId))
        {
            throw new ChatException(ProblemCodes.LimitReached, "A user is in as many conversations as is allowed.") { Limit = limit };
        }
    }

    /// <summary>Refuses when a group would get more people than are allowed.</summary>
    public void RequireGroupSize(long people)
    {
        var limit = options.Value.MaxGroupMembers;
        if (people > limit)
        {
            throw new ChatException(ProblemCodes.LimitReached, "The group would have more people than are allowed.") { Field = "userIds", Limit = limit };
        }
    }
}
