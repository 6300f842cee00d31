using MediatR;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Notifications;
using ModularChat.Contracts.Presence;
using ModularChat.Notifications.Preferences;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;
using ModularChat.Notifications.Subscriptions;

namespace ModularChat.Notifications.Deciding;

/// <summary>A call rings at once, also on a device that is active: it may be another one that is in the hand.</summary>
internal sealed class PushCallHandler(SubscriptionBook subscriptions, PreferenceBook preferences, PushStore store, SendSignal sending, IMediator mediator, TimeProvider time) :
    IRequestHandler<PushCall, int>, IRequestHandler<PushCallEnded, int>
{
    private const int MostUsers = 1_000;

    /// <summary>For how long after it would have stopped to ring it is still worth saying that it has.</summary>
    private static readonly TimeSpan AfterCall = TimeSpan.FromMinutes(1);

    /// <summary>What is being sent gets a head start, so that the end does not come before the call.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(2);

    public async Task<int> Handle(PushCall request, CancellationToken cancellationToken)
    {
        if (request.UserIds.Length > MostUsers)
        {
            throw ChatException.TooLong("userIds", MostUsers, "users");
        }
        var devices = await subscriptions.OfAsync([.. request.UserIds.Where(user => user != request.CallerId)], cancellationToken);
        if (devices.Count == 0)
        {
            return 0;
        }
        var reasons = await ReasonsAsync(request, [.. devices.Keys], cancellationToken);
        var now = time.GetUtcNow();
        var pushes = devices.Where(pair => !reasons.ContainsKey(pair.Key)).SelectMany(pair => Ringing(pair.Value))
            .Select(device => Row(request.CallId, request.ConversationId, PushSubject.Call, device, now, request.ExpiresAt, callerId: request.CallerId)).ToList();
        var queued = await store.WriteAsync(
            async db =>
            {
                Guid[] ids = [.. pushes.Select(push => push.Id)];
                var known = await db.Trace.Where(row => row.PushId != null && ids.Contains(row.PushId.Value)).Select(row => row.PushId!.Value).ToListAsync(cancellationToken);
                db.Trace.AddRange(reasons.Select(pair => Note(pair.Key, request.ConversationId, now, PushStep.Suppressed, pair.Value)));
                return Add(db, pushes, known, "call", now);
            },
            cancellationToken);
        sending.Ring();
        return queued;
    }

    public async Task<int> Handle(PushCallEnded request, CancellationToken cancellationToken)
    {
        if (request.UserIds.Length > MostUsers)
        {
            throw ChatException.TooLong("userIds", MostUsers, "users");
        }
        // A token for calls is not told: each push there has to ring.
        var devices = (await subscriptions.OfAsync(request.UserIds, cancellationToken)).Values.SelectMany(rows => rows).Where(device => device.TakesMessages())
            .ToDictionary(device => IdOf(request.CallId, device));
        if (devices.Count == 0)
        {
            return 0;
        }
        var now = time.GetUtcNow();
        var told = await store.WriteAsync(
            async db =>
            {
                Guid[] ids = [.. devices.Keys];
                var waiting = await db.Queue.AsTracking().Where(row => ids.Contains(row.Id)).ToListAsync(cancellationToken);
                var sent = await db.Trace.Where(row => row.PushId != null && ids.Contains(row.PushId.Value) && row.Step == PushStep.Sent).Select(row => row.PushId!.Value).ToListAsync(cancellationToken);
                foreach (var row in waiting.Where(row => row.State == QueueState.Waiting))
                {
                    db.Queue.Remove(row);
                    db.Trace.Add(Note(row.UserId, row.ConversationId, now, PushStep.Suppressed, Reasons.CallOver, row));
                }
                var onTheWay = waiting.Where(row => row.State == QueueState.Sending).Select(row => row.Id).ToHashSet();
                var ended = sent.Concat(onTheWay).Distinct()
                    .Select(id => Row(request.CallId, request.ConversationId, PushSubject.CallEnded, devices[id], now, request.ExpiresAt + AfterCall, onTheWay.Contains(id) ? OnTheWay : TimeSpan.Zero)).ToList();
                Guid[] again = [.. ended.Select(row => row.Id)];
                var known = await db.Trace.Where(row => row.PushId != null && again.Contains(row.PushId.Value)).Select(row => row.PushId!.Value).ToListAsync(cancellationToken);
                return Add(db, ended, known, "call_ended", now);
            },
            cancellationToken);
        sending.Ring();
        return told;
    }

    private static int Add(PushDb db, List<QueueRow> rows, List<Guid> known, string detail, DateTimeOffset now)
    {
        var fresh = rows.FindAll(row => !known.Contains(row.Id));
        db.Queue.AddRange(fresh);
        db.Trace.AddRange(fresh.Select(row => Note(row.UserId, row.ConversationId, now, PushStep.Queued, detail, row)));
        return fresh.Count;
    }

    /// <summary>The same for a request that is made again.</summary>
    private static Guid IdOf(Guid callId, SubscriptionRow device) => Ids.Following(callId, device.Id.ToString("N"));

    private static QueueRow Row(
        Guid callId, Guid conversationId, PushSubject subject, SubscriptionRow device, DateTimeOffset now, DateTimeOffset expiresAt, TimeSpan wait = default, Guid? callerId = null) => new()
        {
            Id = subject == PushSubject.Call ? IdOf(callId, device) : Ids.Following(IdOf(callId, device), "ended"),
            SubscriptionId = device.Id,
            UserId = device.UserId,
            Subject = subject,
            ConversationId = conversationId,
            CallId = callId,
            SenderId = callerId,
            Provider = device.Provider,
            IsUrgent = true,
            CreatedAt = now,
            DueAt = now + wait,
            ExpiresAt = expiresAt,
        };

    /// <summary>A device that has a token for calls is called by that one alone.</summary>
    private static IEnumerable<SubscriptionRow> Ringing(SubscriptionRow[] devices)
    {
        var forCalls = devices.Where(device => !device.TakesMessages() && device.DeviceId is not null).Select(device => device.DeviceId).ToHashSet();
        return devices.Where(device => !device.TakesMessages() || !forCalls.Contains(device.DeviceId));
    }

    /// <summary>Why users are not called; who is called is not there.</summary>
    private async Task<Dictionary<Guid, string>> ReasonsAsync(PushCall call, Guid[] users, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var wishes = await preferences.WishesAsync([.. users.Select(user => (user, call.ConversationId))], token);
        var reasons = wishes.Where(pair => pair.Value.Quiet?.Contains(now) == true).ToDictionary(pair => pair.Key.UserId, _ => Reasons.QuietHours);
        foreach (var one in (await mediator.Send(new GetAttention(users, 60), token)).Where(one => one.IsDoNotDisturb))
        {
            reasons[one.UserId] = Reasons.DoNotDisturb;
        }
        foreach (var (pair, _) in wishes.Where(pair => pair.Value.Own == PushLevel.Nothing))
        {
            reasons[pair.UserId] = Reasons.Level;
        }
        foreach (var one in (await mediator.Send(new GetRelations(call.CallerId, users), token)).Where(one => one.IsBlocked))
        {
            reasons[one.OtherId] = Reasons.Blocked;
        }
        return reasons;
    }

    private static TraceRow Note(Guid userId, Guid conversationId, DateTimeOffset now, PushStep step, string? detail, QueueRow? push = null) => new()
    {
        Id = Ids.New(),
        UserId = userId,
        ConversationId = conversationId,
        At = now,
        Step = step,
        Detail = detail,
        SubscriptionId = push?.SubscriptionId,
        PushId = push?.Id,
    };
}
