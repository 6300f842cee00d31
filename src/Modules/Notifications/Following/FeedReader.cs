using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Notifications.Clearing;
using ModularChat.Notifications.Deciding;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Following;

/// <summary>
/// The durable consumer: reads on from the checkpoints, decides, and commits rows and checkpoints together. A checkpoint that only passes by what
/// concerns nobody is stored a few seconds later: reading that again comes to nothing again.
/// </summary>
internal sealed partial class FeedReader(
    ShardLeases leases, PushStore store, Decisions decisions, FeedSignal signal, SendSignal sending, SendPace pace, ToldDevices told, Recollection recollection, IMediator mediator, IOptions<NotificationsOptions> options, TimeProvider time,
    ILogger<FeedReader> logger)
{
    /// <summary>With one transaction no more members are decided on, unless one message has more.</summary>
    private const int MostRecipients = 1_000;

    private const int PageLength = 200;
    private static readonly TimeSpan StoreEvery = TimeSpan.FromSeconds(5), LookEvery = TimeSpan.FromSeconds(5);

    private Dictionary<int, OwnedShard> _owned = [];
    private long _renewed, _stored, _looked;
    private bool _hasBegun;

    /// <summary>One look at all that may have something new; true when there is more.</summary>
    public async Task<bool> RoundAsync(CancellationToken token)
    {
        await RenewAsync(token);
        var isTime = !_hasBegun || time.GetElapsedTime(_looked) >= LookEvery;
        if (isTime)
        {
            _looked = time.GetTimestamp();
        }
        _hasBegun = true;
        var pages = new List<(OwnedShard Shard, FeedPage Page)>();
        foreach (var shard in _owned.Values)
        {
            shard.IsDue |= signal.Take(shard.Shard) || isTime;
            if (shard.IsDue)
            {
                var page = await mediator.Send(new ReadFeed(shard.Shard, shard.RunId, shard.Position, PageLength), token);
                if (page.IsReset)
                {
                    Log.Reset(logger, shard.Shard, page.Position);
                }
                pages.Add((shard, Piece(page)));
            }
        }
        if (pages.Count == 0)
        {
            return false;
        }
        var begun = time.GetTimestamp();
        var decided = await decisions.MakeAsync([.. pages.SelectMany(page => page.Page.Entries)], token);
        // Before it is there to be sent: what is read from now on is heard.
        foreach (var push in decided.Pushes)
        {
            told.Remember(push.UserId, push.ConversationId, push.Seq, push.ExpiresAt);
        }
        await CommitAsync(pages, decided, token);
        foreach (var (shard, page) in pages)
        {
            (shard.RunId, shard.Position, shard.IsDue) = (page.RunId, page.Position, page.More);
        }
        foreach (var one in decided.Awaited)
        {
            await mediator.Publish(one, token);
        }
        if (decided.Pushes.Count > 0)
        {
            sending.Ring();
            pace.Worked(time.GetElapsedTime(begun));
            await pace.RestAsync(token);
        }
        return pages.Exists(page => page.Page.More);
    }

    private static FeedPage Piece(FeedPage page)
    {
        var recipients = 0;
        for (var i = 0; i < page.Entries.Length - 1; i++)
        {
            recipients += page.Entries[i].Recipients.Length;
            if (recipients >= MostRecipients)
            {
                return page with { Entries = page.Entries[..(i + 1)], Position = page.Entries[i].Position, More = true };
            }
        }
        return page;
    }

    /// <summary>At an orderly end: what was passed by is stored, and the shards are free.</summary>
    public async Task StopAsync(CancellationToken token)
    {
        if (_owned.Count > 0)
        {
            await CommitAsync([.. _owned.Values.Where(shard => shard.RunId is not null).Select(shard => (shard, new FeedPage(shard.RunId!.Value, false, shard.Position, [], false)))], new Decided([], []), token, isLast: true);
            await leases.ReleaseAsync(token);
        }
    }

    private async Task RenewAsync(CancellationToken token)
    {
        // Where there is one process, what it has stays its own.
        if (_hasBegun && (!store.Database.IsShared || time.GetElapsedTime(_renewed) < TimeSpan.FromSeconds(options.Value.LeaseSeconds / 3.0)))
        {
            return;
        }
        // Before the look at the clock: a lease that was given late is not thought to hold longer than it does.
        var begun = time.GetTimestamp();
        var count = (await mediator.Send(new GetPositions(), token)).Length;
        var known = _owned;
        _owned = await leases.RenewAsync(known, count, token);
        _renewed = begun;
        told.Own(_owned.Keys);
        if (_owned.Values.Any(shard => !known.TryGetValue(shard.Shard, out var had) || had.Fence != shard.Fence))
        {
            await recollection.RecallAsync(token);
        }
    }

    private async Task CommitAsync(List<(OwnedShard Shard, FeedPage Page)> pages, Decided decided, CancellationToken token, bool isLast = false)
    {
        var isBegin = pages.Exists(page => page.Shard.RunId is null || page.Page.IsReset);
        if (decided.IsEmpty && !isBegin && !isLast && time.GetElapsedTime(_stored) < StoreEvery)
        {
            return;
        }
        var moved = pages.Where(page => page.Shard.RunId != page.Page.RunId || page.Shard.StoredPosition != page.Page.Position).ToList();
        if (moved.Count == 0 && decided.IsEmpty)
        {
            return;
        }
        await store.WriteAsync(
            async db =>
            {
                foreach (var (shard, page) in moved)
                {
                    if (!await ShardLeases.AdvanceAsync(db, leases.Owner, shard, page.RunId, page.Position, token))
                    {
                        throw new LostShardException(shard.Shard);
                    }
                }
                await PushQueue.AddAsync(store.Database, db, decided, options.Value, token);
                return true;
            },
            isRelaxed: true,
            token);
        _stored = time.GetTimestamp();
        foreach (var (shard, page) in moved)
        {
            shard.StoredPosition = page.Position;
        }
    }

    /// <summary>Another node has taken a shard: begin anew with what this one has.</summary>
    public void Forget()
    {
        _owned = [];
        told.Own([]);
        _hasBegun = false;
    }

    private static partial class Log
    {
        [LoggerMessage(7010, LogLevel.Warning, "The message log of shard {Shard} was restored or has another history: pushes go on from position {Position}")]
        public static partial void Reset(ILogger logger, int shard, long position);
    }
}

/// <summary>A shard is another node's by now; nothing was written.</summary>
internal sealed class LostShardException(int shard) : Exception($"Shard {shard} is decided on by another node.");
