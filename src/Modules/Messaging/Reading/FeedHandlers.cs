using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

/// <summary>The feed for consumers in other modules.</summary>
internal sealed class ReadFeedHandler(IMessageLog log, Positions published, ConversationCache conversations) : IRequestHandler<ReadFeed, FeedPage>
{
    private const int LargestPage = 1_000;

    public async Task<FeedPage> Handle(ReadFeed request, CancellationToken cancellationToken)
    {
        var run = log.Info.RunId;
        if (request.Shard < 0 || request.Shard >= published.ShardCount)
        {
            throw ChatException.Invalid("shard", "There is no such shard.");
        }
        if (request.Limit is < 1 or > LargestPage)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"limit is 1 to {LargestPage}.") { Field = "limit", Limit = LargestPage };
        }
        var here = published[request.Shard];
        if (request.RunId is not { } known || !await ContainsAsync(known, request, cancellationToken))
        {
            return new FeedPage(run, request.RunId is not null, here, [], false);
        }
        if (request.After >= here)
        {
            return new FeedPage(run, false, request.After, [], false);
        }
        var read = await log.ReadFeedAsync(request.Shard, request.After, request.Limit, cancellationToken);
        var entries = new List<FeedEntry>(read.Count);
        foreach (var (_, position, entry) in read)
        {
            // What is behind it the caches may not have yet.
            if (position > here)
            {
                break;
            }
            var state = await conversations.GetAsync(entry.ConversationId, cancellationToken);
            entries.Add(new FeedEntry(position, entry, state?.Head.Kind ?? ConversationKind.Direct, state is null ? [] : StoredEvents.WhoSees(state, entry.Seq)));
        }
        var more = entries.Count == request.Limit;
        return new FeedPage(run, false, more ? entries[^1].Position : here, [.. entries], more);
    }

    private async ValueTask<bool> ContainsAsync(Guid run, ReadFeed request, CancellationToken token)
    {
        var positions = new long[published.ShardCount];
        positions[request.Shard] = request.After;
        return await log.ContainsAsync(run, positions, token);
    }
}

internal sealed class GetReadersHandler(ConversationCache conversations, ConversationViews views, TimeProvider time) : IRequestHandler<GetReaders, EntryReader[]>
{
    public async Task<EntryReader[]> Handle(GetReaders request, CancellationToken cancellationToken)
    {
        if (await conversations.GetAsync(request.ConversationId, cancellationToken) is not { } state)
        {
            return [];
        }
        var now = time.GetUtcNow();
        var readers = new List<EntryReader>(request.UserIds.Length);
        foreach (var userId in request.UserIds)
        {
            if (state.Members.Find(userId) is { } member)
            {
                readers.Add(new EntryReader(
                    userId,
                    request.Seq > state.Head.Cut && ConversationViews.CanSee(member.Ranges, request.Seq),
                    member.Read >= request.Seq,
                    views.IsSmall(state.Head) ? member.Delivered >= request.Seq : null,
                    member.Preferences.MutedUntil > now ? member.Preferences.MutedUntil : null));
            }
        }
        return [.. readers];
    }
}

internal sealed class FindMessageHandler(ConversationCache conversations, VisibleEntries entries) : IRequestHandler<FindMessage, FoundMessage?>
{
    public async Task<FoundMessage?> Handle(FindMessage request, CancellationToken cancellationToken)
    {
        if (await conversations.GetAsync(request.ConversationId, cancellationToken) is not { } state || request.Seq <= state.Head.Cut)
        {
            return null;
        }
        var found = await entries.ReadAllAsync(request.ConversationId, request.Seq, request.Seq, cancellationToken);
        return found is [{ Entry: { Kind: EntryKind.Message, Body: not null, IsDeleted: not true } entry }]
            ? new FoundMessage(entry with { ClientMessageId = null }, state.Head.Kind, state.Head.Title)
            : null;
    }
}

internal sealed class CountUnreadHandler(ConversationCache conversations) : IRequestHandler<CountUnread, UnreadCount[]>
{
    public async Task<UnreadCount[]> Handle(CountUnread request, CancellationToken cancellationToken)
    {
        var counts = new UnreadCount[request.UserIds.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            var unread = 0L;
            foreach (var id in await conversations.ListAsync(request.UserIds[i], cancellationToken))
            {
                if (await conversations.GetAsync(id, cancellationToken) is { } state
                    && state.Members.Find(request.UserIds[i]) is { Role: >= MemberRole.Member } member)
                {
                    unread += ConversationViews.Unread(state.Head, member);
                }
            }
            counts[i] = new UnreadCount(request.UserIds[i], unread);
        }
        return counts;
    }
}
