using System.Globalization;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Deciding;
using ModularChat.Notifications.Storage;
using ModularChat.Notifications.Subscriptions;

namespace ModularChat.Notifications.Sending;

/// <summary>A push that this node sends now, with the device it is for.</summary>
internal sealed record ClaimedPush(QueueRow Row, SubscriptionRow? Device);

/// <summary>What became of an attempt.</summary>
/// <param name="Push">The push.</param>
/// <param name="Step">What is noted; null: it only waits on.</param>
/// <param name="Detail">The answer, or the reason.</param>
/// <param name="RetryAt">When it is tried again; null: it is done with.</param>
/// <param name="IsCounted">False when nothing was sent.</param>
internal sealed record Outcome(ClaimedPush Push, PushStep? Step, string? Detail, DateTimeOffset? RetryAt = null, bool IsCounted = true);

/// <summary>The queue: pushes that are due, claimed by one sender at a time.</summary>
internal sealed class PushQueue(PushStore store, TimeProvider time)
{
    private const int Look = 400;

    /// <summary>
    /// Puts what was decided into the queue, in the caller's transaction. Of one conversation only the newest message waits for a device: the row that
    /// waits already becomes about the newer one.
    /// </summary>
    public static async Task AddAsync(PushDb db, Decided decided, NotificationsOptions options, CancellationToken token)
    {
        db.Trace.AddRange(decided.Trace);
        if (decided.Pushes.Count == 0)
        {
            return;
        }
        var devices = decided.Pushes.Select(push => push.SubscriptionId).Distinct().ToArray();
        // A device that was taken away since gets nothing.
        var waiting = new Dictionary<(Guid, Guid), QueueRow>();
        var there = new HashSet<Guid>();
        foreach (var part in devices.Chunk(500))
        {
            there.UnionWith(await db.Subscriptions.Where(row => part.Contains(row.Id)).Select(row => row.Id).ToListAsync(token));
            var rows = await db.Queue.AsTracking()
                .Where(row => part.Contains(row.SubscriptionId) && row.State == QueueState.Waiting && row.Subject == PushSubject.Message).ToListAsync(token);
            foreach (var row in rows)
            {
                waiting[(row.SubscriptionId, row.ConversationId)] = row;
            }
        }
        foreach (var push in decided.Pushes.Where(push => there.Contains(push.SubscriptionId)))
        {
            if (waiting.TryGetValue((push.SubscriptionId, push.ConversationId), out var old))
            {
                db.Trace.Add(new TraceRow
                {
                    Id = Ids.New(),
                    UserId = old.UserId,
                    ConversationId = old.ConversationId,
                    Seq = old.Seq,
                    SubscriptionId = old.SubscriptionId,
                    PushId = old.Id,
                    At = push.CreatedAt,
                    Step = PushStep.Collapsed,
                    Detail = push.Seq.ToString(CultureInfo.InvariantCulture),
                });
                Collapse(old, push, options);
            }
            else
            {
                db.Queue.Add(push);
                waiting[(push.SubscriptionId, push.ConversationId)] = push;
            }
        }
    }

    /// <summary>Takes pushes that are due from these services, oldest first, so that nobody else sends them until the claim runs out.</summary>
    /// <param name="room">How many a service takes now; absent: <paramref name="roomElsewhere"/>.</param>
    /// <param name="roomElsewhere">How many a service takes that has nothing under way.</param>
    /// <param name="life">How long the claim holds.</param>
    /// <param name="token">Cancels it.</param>
    public async Task<List<ClaimedPush>> ClaimAsync(IReadOnlyDictionary<string, int> room, int roomElsewhere, TimeSpan life, CancellationToken token)
    {
        var now = time.GetUtcNow();
        string[] full = [.. room.Where(pair => pair.Value <= 0).Select(pair => pair.Key)];
        var due = await store.ReadAsync(
            db => db.Queue.Where(row => row.State == QueueState.Waiting && row.DueAt <= now && !full.Contains(row.Provider))
                .OrderBy(row => row.DueAt).Take(Look).Select(row => new { row.Id, row.Provider }).ToListAsync(token),
            token);
        Guid[] wanted = [.. due.GroupBy(row => row.Provider).SelectMany(group => group.Take(room.TryGetValue(group.Key, out var free) ? free : roomElsewhere)).Select(row => row.Id)];
        if (wanted.Length == 0)
        {
            return [];
        }
        var claim = Ids.New();
        var until = now + life;
        return await store.WriteAsync(
            async db =>
            {
                // Whoever comes second finds the state changed, and gets what is left.
                await db.Queue.Where(row => wanted.Contains(row.Id) && row.State == QueueState.Waiting).ExecuteUpdateAsync(
                    row => row.SetProperty(r => r.State, QueueState.Sending).SetProperty(r => r.ClaimedBy, claim).SetProperty(r => r.ClaimedUntil, until)
                        .SetProperty(r => r.Attempts, r => r.Attempts + 1),
                    token);
                var rows = await db.Queue.Where(row => row.ClaimedBy == claim).OrderBy(row => row.DueAt).ToListAsync(token);
                var ids = rows.Select(row => row.SubscriptionId).Distinct().ToArray();
                var devices = await db.Subscriptions.Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, token);
                return rows.ConvertAll(row => new ClaimedPush(row, devices.GetValueOrDefault(row.SubscriptionId)));
            },
            isRelaxed: true,
            token);
    }

    /// <summary>When the next push is due; null: none waits.</summary>
    public Task<DateTimeOffset?> NextAsync(CancellationToken token) =>
        store.ReadAsync(
            db => db.Queue.Where(row => row.State == QueueState.Waiting).OrderBy(row => row.DueAt).Select(row => (DateTimeOffset?)row.DueAt).FirstOrDefaultAsync(token), token);

    /// <summary>Writes down what became of attempts, all in one transaction. Only of claims that still hold: a row that another has claimed meanwhile is theirs.</summary>
    public Task<int> SettleAsync(IReadOnlyList<Outcome> outcomes, CancellationToken token) =>
        store.WriteAsync(
            async db =>
            {
                var now = time.GetUtcNow();
                Guid[] ids = [.. outcomes.Select(outcome => outcome.Push.Row.Id)];
                var rows = await db.Queue.AsTracking().Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, token);
                var gone = new HashSet<Guid>();
                var used = new HashSet<Guid>();
                foreach (var outcome in outcomes)
                {
                    var push = outcome.Push.Row;
                    // Taken away meanwhile, with its user or its device: then nothing is noted either.
                    if (!rows.TryGetValue(push.Id, out var row))
                    {
                        continue;
                    }
                    // What only takes a notification back is no step of a message.
                    if (outcome.Step is { } step && push.Subject != PushSubject.Read)
                    {
                        db.Trace.Add(Note(push, step, outcome.Detail, now));
                    }
                    if (outcome.Step == PushStep.Gone)
                    {
                        gone.Add(push.SubscriptionId);
                    }
                    if (outcome.Step == PushStep.Sent)
                    {
                        used.Add(push.SubscriptionId);
                    }
                    if (row.ClaimedBy == push.ClaimedBy)
                    {
                        Settle(db, row, outcome);
                    }
                }
                await db.SaveChangesAsync(token);
                await SubscriptionBook.RemoveAsync(db, gone, token);
                if (used.Count > 0)
                {
                    await db.Subscriptions.Where(row => used.Contains(row.Id)).ExecuteUpdateAsync(row => row.SetProperty(r => r.UsedAt, (DateTimeOffset?)now), token);
                }
                return outcomes.Count;
            },
            isRelaxed: true,
            token);

    /// <summary>Claims that nobody holds any more wait again: those that ran out, or all when no other process can hold one.</summary>
    public Task<int> ReleaseAsync(bool isAll, CancellationToken token)
    {
        var now = time.GetUtcNow();
        return store.WriteAsync(
            db => db.Queue.Where(row => row.State == QueueState.Sending && (isAll || row.ClaimedUntil <= now)).ExecuteUpdateAsync(
                row => row.SetProperty(r => r.State, QueueState.Waiting).SetProperty(r => r.ClaimedBy, (Guid?)null).SetProperty(r => r.ClaimedUntil, (DateTimeOffset?)null), token),
            isRelaxed: true,
            token);
    }

    private static void Settle(PushDb db, QueueRow row, Outcome outcome)
    {
        (row.ClaimedBy, row.ClaimedUntil, row.LastAnswer) = (null, null, outcome.Detail ?? row.LastAnswer);
        if (!outcome.IsCounted)
        {
            row.Attempts--;
        }
        if (outcome.Step == PushStep.Dead && row.Subject != PushSubject.Read)
        {
            row.State = QueueState.Dead;
        }
        else if (outcome.RetryAt is { } at)
        {
            (row.State, row.DueAt) = (QueueState.Waiting, at);
        }
        else
        {
            db.Queue.Remove(row);
        }
    }

    /// <summary>A push that has failed already keeps its time: the service is not asked sooner because more was written.</summary>
    private static void Collapse(QueueRow old, QueueRow push, NotificationsOptions options)
    {
        (old.Seq, old.ExpiresAt, old.IsUrgent) = (push.Seq, push.ExpiresAt, old.IsUrgent || push.IsUrgent);
        if (old.Attempts == 0)
        {
            // A stream of messages does not put it off for ever.
            var latest = old.CreatedAt.AddSeconds(2 * options.PushGraceSeconds);
            old.DueAt = push.DueAt < latest ? push.DueAt : latest;
            old.WaitsForDevice = push.WaitsForDevice;
        }
    }

    private static TraceRow Note(QueueRow push, PushStep step, string? detail, DateTimeOffset now) => new()
    {
        Id = Ids.New(),
        UserId = push.UserId,
        ConversationId = push.ConversationId,
        Seq = push.Seq,
        SubscriptionId = push.SubscriptionId,
        PushId = push.Id,
        At = now,
        Step = step,
        Detail = detail,
    };
}
