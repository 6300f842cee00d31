namespace ModularChat.Messaging.Storage.Moving;

/// <summary>
/// Checks every row of a shard and hashes it. Beside running writes a conversation may change between the reading of its head and of its
/// entries: one with findings is looked at again, and only what is found while it stands still is said.
/// </summary>
internal sealed class ShardVerify(ILogArchive archive, int shard, int shards, IProgress<long>? rows = null)
{
    private const int Attempts = 5, MaxFindings = 100;

    private readonly List<Finding> _findings = [];
    private long _count;

    public async Task<ShardReport> RunAsync(CancellationToken token)
    {
        using var all = new ContentHash();
        var positions = new PositionSet();
        var unchecked_ = 0L;
        var pairs = new HashSet<(Guid, Guid)>();
        await foreach (var membership in archive.ConversationsAsync(shard, Guid.Empty, token))
        {
            var (check, hash, last) = await CheckAsync(membership, positions, token);
            using (hash)
            {
                all.Add(hash);
            }
            unchecked_ += check.Unchecked;
            Report(check.Findings);
            pairs.UnionWith(last.Members.Select(m => (m.UserId, last.Head.ConversationId)));
        }
        await CheckIndexAsync(pairs, token);
        var row = await archive.GetShardAsync(shard, token);
        return new ShardReport(
            shard, row.Position, all.OfShard(shard, row.Position), all.Conversations, all.Members, all.Entries, unchecked_, _findings, _count);
    }

    /// <summary>The hash of one conversation's rows.</summary>
    public static async Task<ContentHash> HashAsync(ILogArchive archive, Membership membership, CancellationToken token)
    {
        var hash = new ContentHash();
        hash.Add(membership);
        await foreach (var page in archive.EntryPagesAsync(membership.Head.ConversationId, 1, membership.Head.Seq, token))
        {
            foreach (var row in page)
            {
                hash.Add(row);
            }
        }
        return hash;
    }

    private async Task<(ConversationCheck Check, ContentHash Hash, Membership Membership)> CheckAsync(Membership membership, PositionSet positions, CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = await archive.GetShardAsync(shard, token);
            // Positions of a conversation that is looked at again were seen already.
            var check = new ConversationCheck(membership, state, shards, attempt == 1 ? positions : new PositionSet());
            var hash = new ContentHash();
            hash.Add(membership);
            await foreach (var page in archive.EntryPagesAsync(membership.Head.ConversationId, 1, membership.Head.Seq, token))
            {
                foreach (var row in page)
                {
                    check.Add(row);
                    hash.Add(row);
                }
                rows?.Report(page.Count);
            }
            check.Finish();
            if (check.Findings.Count == 0 || attempt == Attempts
                || await archive.ConversationAsync(shard, membership.Head.ConversationId, token) is not { } now || now.Head == membership.Head)
            {
                return (check, hash, membership);
            }
            hash.Dispose();
            membership = now;
        }
    }

    private async Task CheckIndexAsync(HashSet<(Guid UserId, Guid ConversationId)> pairs, CancellationToken token)
    {
        var extra = new List<(Guid UserId, Guid ConversationId)>();
        await foreach (var pair in archive.UserIndexAsync(shard, token))
        {
            if (!pairs.Remove(pair))
            {
                extra.Add(pair);
            }
        }
        foreach (var (user, conversation) in pairs)
        {
            Report([new Finding(shard, conversation, 0, $"the index does not lead from member {user} to it.")]);
        }
        foreach (var (user, conversation) in extra)
        {
            // Who came in while it was read is a member by now.
            if (await archive.ConversationAsync(shard, conversation, token) is not { } now || now.Members.All(m => m.UserId != user))
            {
                Report([new Finding(shard, conversation, 0, $"the index leads from user {user} to it, but the user has no member row.")]);
            }
        }
    }

    private void Report(IReadOnlyList<Finding> findings)
    {
        _count += findings.Count;
        _findings.AddRange(findings.Take(MaxFindings - _findings.Count));
    }
}
