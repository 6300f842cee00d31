using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>What a function that appends has answered, read to the end: only then is it on disk.</summary>
internal sealed class AppendAnswer(int shard, IReadOnlyList<Append?> appends)
{
    private const short Result = 0, Head = 1, Member = 2;
    private readonly Dictionary<Guid, Head> _heads = [];
    private readonly Dictionary<(Guid Conversation, Guid User), Member> _members = [];

    /// <summary>By place in the call, with the running message number; nothing where a mark is.</summary>
    public (AppendResult Result, long Number)[] Results { get; } = new (AppendResult, long)[appends.Count];

    private KnownBatch? _known;

    /// <summary>False when heads and members may lack what another node did just before: then they are read.</summary>
    public bool IsExact { get; private init; } = true;

    public ShardState State { get; private set; }
    public long Previous { get; private set; }
    public long Position { get; private set; }

    public static async Task<AppendAnswer> ReadAsync(NpgsqlDataReader reader, int shard, IReadOnlyList<Append?> appends, CancellationToken token)
    {
        var answer = new AppendAnswer(shard, appends);
        // The rows come before the commit; its outcome is known when there is no further result.
        do
        {
            while (await reader.ReadAsync(token))
            {
                answer.Take(reader);
            }
        }
        while (await reader.NextResultAsync(token));
        return answer;
    }

    /// <summary>Of a call whose effects were known before.</summary>
    public static AppendAnswer Of(int shard, KnownBatch batch, long previous, bool isExact)
    {
        var count = batch.Messages.Count;
        var answer = new AppendAnswer(shard, batch.Messages) { _known = batch, IsExact = isExact, State = ShardState.Held, Previous = previous, Position = previous + count };
        for (var i = 0; i < count; i++)
        {
            answer.Results[i] = (new AppendResult(AppendOutcome.Stored, batch.Seqs[i], previous + i + 1, batch.Messages[i].At.ToUniversalTime()), batch.Numbers[i]);
        }
        return answer;
    }

    /// <summary>Of a call that found the shard in another state, or behind, and did nothing.</summary>
    public static AppendAnswer Of(int shard, ShardState state, long position) => new(shard, []) { State = state, Previous = position, Position = position };

    /// <summary>What it did, for the listener.</summary>
    public Commit ToCommit()
    {
        if (_known is not null)
        {
            return _known.ToCommit(shard, Previous);
        }
        var entries = new List<CommittedEntry>();
        for (var i = 0; i < appends.Count; i++)
        {
            if (appends[i] is { } append && Results[i].Result.Outcome == AppendOutcome.Stored)
            {
                entries.Add(new CommittedEntry(Results[i].Result.Position, append.ToEntry(Results[i].Result.Seq, Results[i].Number), append.Change));
            }
        }
        return new Commit(shard, Previous, Position, entries, [.. _members.Select(m => (m.Key.Conversation, m.Value))], [.. _heads.Values]);
    }

    private void Take(NpgsqlDataReader row)
    {
        switch (row.GetInt16(0))
        {
            case Result:
                var place = row.GetInt32(1) - 1;
                var outcome = (AppendOutcome)row.GetInt64(4);
                Results[place] = outcome is AppendOutcome.Stored or AppendOutcome.Duplicate
                    ? (new AppendResult(outcome, row.GetInt64(5), row.GetInt64(6), Rows.Time(row.GetInt64(7))), row.IsDBNull(8) ? 0 : row.GetInt64(8))
                    : (new AppendResult(outcome), 0);
                break;
            case Head:
                var head = ReadHead(row);
                // A later row is a later state.
                _heads[head.ConversationId] = head;
                break;
            case Member:
                _members[(row.GetGuid(2), row.GetGuid(3))] = ReadMember(row);
                break;
            default:
                // A shard that has no row is not here.
                (Previous, Position, State) = row.IsDBNull(4) ? (0, 0, ShardState.Gone) : (row.GetInt64(4), row.GetInt64(5), (ShardState)row.GetInt64(6));
                break;
        }
    }

    private Head ReadHead(NpgsqlDataReader row) => new(
        row.GetGuid(2), shard, (ConversationKind)row.GetInt64(4), row.IsDBNull(14) ? null : Rows.Text(row, 14), (HistoryVisibility)row.GetInt64(5), row.GetInt64(6),
        row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), (int)row.GetInt64(12), row.GetInt64(13),
        Rows.Keep(row, 15));

    private static Member ReadMember(NpgsqlDataReader row) => new(
        row.GetGuid(3), (MemberRole)row.GetInt64(4), Rows.Ranges(row.GetFieldValue<long[]>(15)), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9),
        Rows.Preferences(row.IsDBNull(11) ? null : row.GetInt64(11), row.GetInt64(5)), row.GetInt64(10));
}
