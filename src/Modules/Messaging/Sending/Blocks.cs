using System.Collections.Concurrent;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;

namespace ModularChat.Messaging.Sending;

/// <summary>
/// Whether one of two people has blocked the other, from memory for at most 30 seconds: the event that a block has changed
/// may be lost on its way from another node.
/// </summary>
internal sealed class Blocks(TimeProvider time)
{
    private const int MaxPairs = 100_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(Guid, Guid), (bool IsBlocked, long Taken)> pairs = new();
    private int changes;

    /// <summary>Refuses in a direct conversation whose two people are kept apart by a block.</summary>
    public ValueTask RequireReachableAsync(IMediator mediator, ConversationState state, Guid userId, CancellationToken token)
    {
        if (state.Head.Kind != ConversationKind.Direct)
        {
            return ValueTask.CompletedTask;
        }
        var other = OtherThan(state.Members, userId);
        if (!pairs.TryGetValue(Pair(userId, other), out var known) || time.GetElapsedTime(known.Taken) >= Lifetime)
        {
            return AskAsync(mediator, userId, other, token);
        }
        return known.IsBlocked ? throw Unreachable() : ValueTask.CompletedTask;
    }

    public void Forget(Guid one, Guid other)
    {
        Interlocked.Increment(ref changes);
        pairs.TryRemove(Pair(one, other), out _);
    }

    public static ChatException Unreachable() => new(ProblemCodes.Unreachable, "One of the two has blocked the other.");

    private async ValueTask AskAsync(IMediator mediator, Guid userId, Guid other, CancellationToken token)
    {
        var before = Volatile.Read(ref changes);
        var taken = time.GetTimestamp();
        var isBlocked = await mediator.Send(new GetRelations(userId, [other]), token) is [{ IsBlocked: true }];
        if (pairs.Count >= MaxPairs)
        {
            pairs.Clear();
        }
        // An answer from before a change that came meanwhile is not kept.
        if (before == Volatile.Read(ref changes))
        {
            pairs[Pair(userId, other)] = (isBlocked, taken);
        }
        if (isBlocked)
        {
            throw Unreachable();
        }
    }

    private static Guid OtherThan(MemberTable members, Guid userId)
    {
        for (var i = 0; i < members.Count; i++)
        {
            if (members[i].UserId != userId)
            {
                return members[i].UserId;
            }
        }
        return userId;
    }

    private static (Guid, Guid) Pair(Guid one, Guid other) => one.CompareTo(other) <= 0 ? (one, other) : (other, one);
}

internal sealed class BlockChangedHandler(Blocks blocks) : INotificationHandler<BlockChanged>
{
    public Task Handle(BlockChanged notification, CancellationToken cancellationToken)
    {
        blocks.Forget(notification.UserId, notification.OtherId);
        return Task.CompletedTask;
    }
}
