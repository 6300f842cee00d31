namespace ModularChat.Messaging.Storage.Placing;

/// <summary>
/// The runs of a log that lies in several databases. Each run has its begin in every shard; only the database that holds a shard knows where
/// that is. A database that has not heard of a run, because it began while another database changed its own history, takes it in as an
/// interruption of its own that lost nothing.
/// </summary>
internal static class MergedRuns
{
    /// <summary>All runs, oldest first, with the begin of each shard as its owner has it.</summary>
    /// <param name="runs">The runs of each database.</param>
    /// <param name="owners">For each shard the index of the database that holds it.</param>
    /// <param name="positions">The present position of each shard.</param>
    public static IReadOnlyList<RunRow> Merge(IReadOnlyList<IReadOnlyList<RunRow>> runs, int[] owners, long[] positions)
    {
        var all = runs.SelectMany(r => r).GroupBy(r => r.Id).Select(g => (Id: g.Key, At: g.Min(r => r.At))).OrderBy(r => r.At).ThenBy(r => r.Id).ToList();
        var started = all.ConvertAll(_ => new long[owners.Length]);
        for (var shard = 0; shard < owners.Length; shard++)
        {
            var known = runs[owners[shard]].ToDictionary(r => r.Id, r => r.Started);
            var next = positions[shard];
            for (var i = all.Count - 1; i >= 0; i--)
            {
                // Unknown there: it began where the next one that is known did.
                next = known.TryGetValue(all[i].Id, out var begin) ? Math.Min(begin[shard], next) : next;
                started[i][shard] = next;
            }
        }
        return [.. all.Select((r, i) => new RunRow(r.Id, started[i], r.At))];
    }

    /// <summary>True when both name the same runs with the same begins.</summary>
    public static bool AreSame(IReadOnlyList<RunRow> one, IReadOnlyList<RunRow> other) =>
        one.Count == other.Count && one.Zip(other).All(p => p.First.Id == p.Second.Id && p.First.Started.AsSpan().SequenceEqual(p.Second.Started));

    /// <summary>True when everything in the positions, reached in the run, is part of this history.</summary>
    public static bool Contains(IReadOnlyList<RunRow> runs, Guid run, long[] positions, long[] heads)
    {
        for (var i = 0; i < runs.Count; i++)
        {
            if (runs[i].Id == run)
            {
                var end = i + 1 < runs.Count ? runs[i + 1].Started : heads;
                return positions.Length == end.Length && positions.Zip(end).All(p => p.First >= 0 && p.First <= p.Second);
            }
        }
        return false;
    }
}
