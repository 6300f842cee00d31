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
    /// <summary>
    /// Puts what was decided into the queue, in the caller's transaction. Of one conversation only the newest message waits for a device: the row that
    /// waits already becomes about the newer one.
    /// </summary>
    public static async Task AddAsync(IPushDatabase database, PushDb db, Decided decided, NotificationsOptions options, CancellationToken token)
    {
        var (pushes, trace) = (new List<QueueRow>(decided.Pushes.Count), new List<TraceRow>(decided.Trace));
        if (decided.Pushes.Count > 0)
        {
            await CollapseAsync(db, decided, pushes, trace, options, token);
        }
        await database.InsertAsync(db, pushes, trace, token);
    }

    /// <summary>Finds what is new, and what a row that waits already stands for.</summary>
    private static async Task CollapseAsync(PushDb db, Decided decided, List<QueueRow> pushes, List<TraceRow> trace, NotificationsOptions options, CancellationToken token)
    {
        var devices = decided.Pushes.Select(push => push.SubscriptionId).Distinct().ToArray();
        var conversations = decided.Pushes.Select(push => push.ConversationId).Distinct().ToArray();
        // A device that was taken away since gets nothing.
        var waiting = new Dictionary<(Guid, Guid), QueueRow>();
        var there = new HashSet<Guid>();
        foreach (var part in devices.Chunk(500))
        {
            there.UnionWith(await db.Subscriptions.Where(row => part.Contains(row.Id)).Select(row => row.Id).ToListAsync(token));
            // Their state is not asked for by equality: SQLite would take the index of all that wait.
            var rows = await db.Queue.AsTracking()
                .Where(row => part.Contains(row.SubscriptionId) && conversations.Contains(row.ConversationId) && row.State != QueueState.Sending && row.State != QueueState.Dead).ToListAsync(token);
            foreach (var row in rows.Where(row => row.Subject == PushSubject.Message))
            {
                waiting[(row.SubscriptionId, row.ConversationId)] = row;
            }
        }
        foreach (var push in decided.Pushes.Where(push => there.Contains(push.SubscriptionId)))
        {
            if (waiting.TryGetValue((push.SubscriptionId, push.ConversationId), out var old))
            {
                trace.Add(new TraceRow
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
                pushes.Add(push);
                waiting[(push.SubscriptionId, push.ConversationId)] = push;
            }
        }
    }

    /// <summary>Takes pushes that are due from these services, oldest first, so that nobody else sends them until the claim runs out. Calls and tests go before messages.</summary>
    /// <param name="room">How many a service takes now; absent: <paramref name="roomElsewhere"/>.</param>
    /// <param name="roomElsewhere">How many a service takes that has nothing under way.</param>
    /// <param name="life">How long the claim holds.</param>
    /// <param name="token">Cancels it.</param>
    public async Task<List<ClaimedPush>> ClaimAsync(IReadOnlyDictionary<string, int> room, int roomElsewhere, TimeSpan life, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var wanted = await store.ReadAsync(db => DueLines.ReadAsync(db, room, roomElsewhere, now, token), token);
        if (wanted.Length == 0)
        {
            return [];
        }
        var claim = Ids.New();
        var until = now + life;
        return await store.WriteAsync(
            async db =>
            {
                // Whoever comes second finds the state changed, and gets what is left. Not asked for by equality: SQLite would take the index of all that wait.
                await db.Queue.Where(row => wanted.Contains(row.Id) && row.State != QueueState.Sending && row.State != QueueState.Dead).ExecuteUpdateAsync(
                    row => row.SetProperty(r => r.State, QueueState.Sending).SetProperty(r => r.ClaimedBy, claim).SetProperty(r => r.ClaimedUntil, until)
                        .SetProperty(r => r.Attempts, r => r.Attempts + 1),
                    token);
                var rows = await db.Queue.Where(row => wanted.Contains(row.Id) && row.ClaimedBy == claim).ToListAsync(token);
                var ids = rows.Select(row => row.SubscriptionId).Distinct().ToArray();
                var devices = await db.Subscriptions.Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, token);
                return rows.OrderBy(row => Array.IndexOf(wanted, row.Id)).Select(row => new ClaimedPush(row, devices.GetValueOrDefault(row.SubscriptionId))).ToList();
            },
            isRelaxed: true,
            token);
    }

    /// <summary>When the next push is due; null: none waits.</summary>
    public Task<DateTimeOffset?> NextAsync(CancellationToken token) => store.ReadAsync(db => DueLines.NextAsync(db, token), token);

    /// <summary>Writes down what became of attempts, all in one transaction. Only of claims that still hold: a row that another has claimed meanwhile is theirs.</summary>
    public Task<int> SettleAsync(IReadOnlyList<Outcome> outcomes, CancellationToken token) =>
        store.WriteAsync(
            async db =>
            {
                var now = time.GetUtcNow();
                Guid[] ids = [.. outcomes.Select(outcome => outcome.Push.Row.Id)];
                // Taken away meanwhile, with its user or its device: then nothing is noted either.
                var there = await db.Queue.Where(row => ids.Contains(row.Id)).Select(row => new { row.Id, row.ClaimedBy }).ToDictionaryAsync(row => row.Id, row => row.ClaimedBy, token);
                var known = outcomes.Where(outcome => there.ContainsKey(outcome.Push.Row.Id)).ToList();
                var held = known.Where(outcome => there[outcome.Push.Row.Id] == outcome.Push.Row.ClaimedBy).ToLookup(IsDoneWith);
                // What only takes a notification back is no step of a message.
                await store.Database.InsertAsync(
                    db, [], [.. known.Where(outcome => outcome.Step is not null && outcome.Push.Row.Subject != PushSubject.Read).Select(outcome => Note(outcome.Push.Row, outcome.Step!.Value, outcome.Detail, now))], token);
                Guid[] done = [.. held[true].Select(outcome => outcome.Push.Row.Id)];
                Guid?[] claims = [.. held[true].Select(outcome => outcome.Push.Row.ClaimedBy).Distinct()];
                if (done.Length > 0)
                {
                    await db.Queue.Where(row => done.Contains(row.Id) && claims.Contains(row.ClaimedBy)).ExecuteDeleteAsync(token);
                }
                await KeepAsync(db, [.. held[false]], token);
                await db.SaveChangesAsync(token);
                await SubscriptionBook.RemoveAsync(db, known.Where(outcome => outcome.Step == PushStep.Gone).Select(outcome => outcome.Push.Row.SubscriptionId).ToHashSet(), token);
                Guid[] used = [.. known.Where(outcome => outcome.Step == PushStep.Sent).Select(outcome => outcome.Push.Row.SubscriptionId).Distinct()];
                if (used.Length > 0)
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

    private static bool IsDead(Outcome outcome) => outcome.Step == PushStep.Dead && outcome.Push.Row.Subject != PushSubject.Read;

    private static bool IsDoneWith(Outcome outcome) => !IsDead(outcome) && outcome.RetryAt is null;

    /// <summary>What waits again, or is given up.</summary>
    private static async Task KeepAsync(PushDb db, Outcome[] outcomes, CancellationToken token)
    {
        if (outcomes.Length == 0)
        {
            return;
        }
        Guid[] ids = [.. outcomes.Select(outcome => outcome.Push.Row.Id)];
        var rows = await db.Queue.AsTracking().Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, token);
        foreach (var outcome in outcomes)
        {
            if (!rows.TryGetValue(outcome.Push.Row.Id, out var row) || row.ClaimedBy != outcome.Push.Row.ClaimedBy)
            {
                continue;
            }
            (row.ClaimedBy, row.ClaimedUntil, row.LastAnswer) = (null, null, outcome.Detail ?? row.LastAnswer);
            row.Attempts -= outcome.IsCounted ? 0 : 1;
            (row.State, row.DueAt) = IsDead(outcome) ? (QueueState.Dead, row.DueAt) : (QueueState.Waiting, outcome.RetryAt!.Value);
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
