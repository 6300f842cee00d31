using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Clearing;

/// <summary>What another process has told, or this one before it was started anew: whoever begins to decide on a shard clears that too.</summary>
internal sealed class Recollection(ToldDevices told, PushStore store, IMediator mediator, IOptions<NotificationsOptions> options, TimeProvider time)
{
    private const int Most = 20_000, MostUsers = 1_000;

    /// <summary>For so long before and after a change of hands nobody may have heard what was read.</summary>
    private static readonly TimeSpan Unheard = TimeSpan.FromMinutes(1);

    public async Task RecallAsync(CancellationToken token)
    {
        var now = time.GetUtcNow();
        var since = now - told.Life;
        var sent = await store.ReadAsync(
            db => db.Trace.Where(row => row.Step == PushStep.Sent && row.At > since && row.SubscriptionId != null && row.Seq > 0).OrderByDescending(row => row.At).Take(Most)
                .Select(row => new { row.UserId, row.ConversationId, row.Seq, row.At }).ToListAsync(token),
            token);
        var waiting = await store.ReadAsync(
            db => db.Queue.Where(row => row.State != QueueState.Dead && row.Subject == PushSubject.Message).OrderByDescending(row => row.DueAt).Take(Most)
                .Select(row => new { row.UserId, row.ConversationId, row.Seq, row.ExpiresAt }).ToListAsync(token),
            token);
        foreach (var row in sent)
        {
            told.Remember(row.UserId, row.ConversationId, row.Seq, row.At + told.Life);
        }
        foreach (var row in waiting)
        {
            told.Remember(row.UserId, row.ConversationId, row.Seq, row.ExpiresAt);
        }
        var unheard = now - Unheard - TimeSpan.FromSeconds(options.Value.LeaseSeconds);
        foreach (var of in sent.Where(row => row.At > unheard).GroupBy(row => (row.ConversationId, row.Seq)))
        {
            foreach (var users in of.Select(row => row.UserId).Distinct().Chunk(MostUsers))
            {
                foreach (var reader in (await mediator.Send(new GetReaders(of.Key.ConversationId, of.Key.Seq, users), token)).Where(reader => reader.IsRead))
                {
                    told.Read(reader.UserId, of.Key.ConversationId, of.Key.Seq);
                }
            }
        }
    }
}
