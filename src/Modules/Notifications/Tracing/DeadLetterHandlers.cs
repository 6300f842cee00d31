using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Tracing;

/// <summary>What was given up, for the administrator.</summary>
internal sealed class DeadLetterHandlers(PushStore store, SendSignal sending, IOptions<NotificationsOptions> options, TimeProvider time) :
    IRequestHandler<ListDeadPushes, DeadPush[]>, IRequestHandler<ResendPush, Unit>
{
    private const int MaxLimit = 1_000;

    public Task<DeadPush[]> Handle(ListDeadPushes request, CancellationToken cancellationToken)
    {
        Require(request.Caller);
        if (request.Limit is < 1 or > MaxLimit)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"limit is 1 to {MaxLimit}.") { Field = "limit", Limit = MaxLimit };
        }
        return store.ReadAsync(
            async db =>
            {
                var rows = await db.Queue.Where(row => row.State == QueueState.Dead).OrderByDescending(row => row.DueAt).Take(request.Limit).ToListAsync(cancellationToken);
                var ids = rows.Select(row => row.SubscriptionId).Distinct().ToArray();
                var kinds = await db.Subscriptions.Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, row => row.Kind, cancellationToken);
                return rows.Select(row => new DeadPush(
                    row.Id, row.UserId, kinds.TryGetValue(row.SubscriptionId, out var kind) ? kind : null, row.Provider, row.ConversationId, row.Seq, row.CreatedAt, row.Attempts, row.LastAnswer)).ToArray();
            },
            cancellationToken);
    }

    public async Task<Unit> Handle(ResendPush request, CancellationToken cancellationToken)
    {
        Require(request.Caller);
        var now = time.GetUtcNow();
        var until = now.AddSeconds(options.Value.TtlSeconds);
        var found = await store.WriteAsync(
            db => db.Queue.Where(row => row.Id == request.Id && row.State == QueueState.Dead).ExecuteUpdateAsync(
                row => row.SetProperty(r => r.State, QueueState.Waiting).SetProperty(r => r.Attempts, 0).SetProperty(r => r.DueAt, now).SetProperty(r => r.ExpiresAt, until),
                cancellationToken),
            cancellationToken);
        if (found == 0)
        {
            throw new ChatException(ProblemCodes.NotFound, "There is no such push among those that were given up.");
        }
        sending.Ring();
        return Unit.Value;
    }

    private static void Require(Caller caller)
    {
        if (!caller.IsAdministrator)
        {
            throw new ChatException(ProblemCodes.Forbidden, "This is for administrators.");
        }
    }
}
