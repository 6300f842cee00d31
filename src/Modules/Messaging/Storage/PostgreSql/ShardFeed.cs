using System.Data;
using ModularChat.Messaging.Storage.Hearing;
using Npgsql;
using NpgsqlTypes;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>
/// Tells the listener what happens in one shard, whoever did it, in order and each once. What this node did itself comes with the answer; what lies
/// between the last told position and that is read from the database first.
/// </summary>
internal sealed class ShardFeed(int shard, int shards, LogServer server, LogHistory history, Published published) : IHearingShard, IDisposable
{
    /// <summary>A node that is further behind forgets what it has cached instead of reading it all.</summary>
    private const int MostPositions = 5_000;
    private const long MostBytes = 32 << 20;

    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Where others' commits are heard of; null in a tool.</summary>
    public ShardEar? Ear { get; set; }

    private bool _isElsewhere;

    /// <summary>The committed position and how much lies between; at most so many entries are looked at.</summary>
    private const string Behind = """
        SELECT s.position, s.state, (SELECT coalesce(sum(octet_length(x.body)), 0)::bigint FROM (SELECT e.body FROM entry e WHERE e.place > $2 AND e.place < $3 ORDER BY e.place LIMIT $4) x)
        FROM shard s WHERE s.shard = $1
        """;

    private const string Touched = "SELECT e.conversation FROM entry e WHERE e.place > $1 AND e.place < $2 UNION SELECT k.conversation FROM mark k WHERE k.place > $1 AND k.place < $2";

    private const string Heads = $"SELECT {Rows.HeadColumns} FROM ({Touched}) x JOIN conversation c ON c.id = x.conversation";

    // Rows change with a message (the sender's), with a mark, and where members came, went or changed: those have the position.
    private const string Members = $"""
        SELECT {Rows.MemberColumns} FROM (
            SELECT e.conversation, e.sender AS user_id FROM entry e WHERE e.place > $1 AND e.place < $2 AND e.kind = 1
            UNION SELECT k.conversation, k.user_id FROM mark k WHERE k.place > $1 AND k.place < $2) x
        JOIN member m ON m.conversation = x.conversation AND m.user_id = x.user_id AND m.marks_position > $3
        UNION
        SELECT {Rows.MemberColumns} FROM (SELECT DISTINCT e.conversation FROM entry e WHERE e.place > $1 AND e.place < $2 AND e.kind IN (0, 6)) x
        JOIN member m ON m.conversation = x.conversation AND m.marks_position > $3
        """;

    public long Told => published[shard];

    public async ValueTask<bool> TryTellAsync(Guid runId, Commit commit, CancellationToken token)
    {
        await _gate.WaitAsync(token);
        try
        {
            // Before the run: whoever begins another one changes the run first.
            var epoch = published.Epoch;
            return runId == history.Info.RunId && !_isElsewhere && published.TryTell(commit, epoch);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes in what the shard's writer has done.</summary>
    public async Task PublishAsync(AppendAnswer answer, CancellationToken token)
    {
        // One that may lack what others did is for nobody: it is read with that.
        var commit = answer.Position > answer.Previous && answer.IsExact ? answer.ToCommit() : null;
        if (answer.Position > answer.Previous)
        {
            published.Wrote(history.Info.RunId, shard, answer.Previous, answer.Position, commit);
        }
        if (answer.Previous > published[shard] && Ear is { } ear)
        {
            await ear.WaitAsync(answer.Previous);
        }
        await _gate.WaitAsync(token);
        try
        {
            if (answer.Position <= published[shard])
            {
                return;
            }
            if (commit is not null && commit.PreviousPosition == published[shard])
            {
                published.Tell(commit);
                return;
            }
            await CatchUpAsync(token);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes in what other nodes have done up to now.</summary>
    public async Task LookAsync(CancellationToken token)
    {
        await _gate.WaitAsync(token);
        try
        {
            await CatchUpAsync(token);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task CatchUpAsync(CancellationToken token)
    {
        var from = published[shard];
        var (position, state, commit) = await server.ReadAsync(connection => ReadAsync(connection, from, token), token);
        if (state is ShardState.Receiving or ShardState.Gone)
        {
            // Nobody reads it here, and what happens to it is no history.
            _isElsewhere = true;
            published.Move(shard, position);
        }
        else if (_isElsewhere)
        {
            _isElsewhere = false;
            published.Skip(shard, position);
        }
        else if (position < from)
        {
            await history.RenewAsync(isLost: true, token);
        }
        else if (commit is not null)
        {
            published.Tell(commit);
        }
        else if (position > from)
        {
            published.Skip(shard, position);
        }
    }

    private async Task<(long Position, ShardState State, Commit? Commit)> ReadAsync(NpgsqlConnection connection, long from, CancellationToken token)
    {
        // All of it as one moment saw it: heads and members are then those of the position up to which it is told.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, token);
        var (position, state, bytes) = await ReadBehindAsync(connection, from, token);
        Commit? commit = null;
        if (state is ShardState.Held or ShardState.Frozen && position > from && position - from <= MostPositions && bytes <= MostBytes)
        {
            commit = await ReadCommitAsync(connection, from, position, token);
        }
        await transaction.CommitAsync(token);
        return (position, state, commit);
    }

    private async Task<(long Position, ShardState State, long Bytes)> ReadBehindAsync(NpgsqlConnection connection, long from, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(Behind, connection)
        {
            Parameters = { new() { Value = shard }, new() { Value = Place.Of(shard, from) }, new() { Value = Place.Of(shard + 1, 0) }, new() { Value = MostPositions + 1L } },
        };
        await using var reader = await command.ExecuteReaderAsync(token);
        await reader.ReadAsync(token);
        return (reader.GetInt64(0), (ShardState)reader.GetInt16(1), reader.GetInt64(2));
    }

    private async Task<Commit> ReadCommitAsync(NpgsqlConnection connection, long from, long position, CancellationToken token)
    {
        var (after, before) = (Place.Of(shard, from), Place.Of(shard, position + 1));
        await using var feed = Command(LogReads.FeedPage, after, before, MostPositions);
        var entries = await LogReads.ListAsync(feed, Rows.Entry, token);
        await using var headsOf = Command(Heads, after, before);
        var heads = await LogReads.ListAsync(headsOf, row => Rows.Head(row, shards), token);
        await using var membersOf = Command(Members, after, before, from);
        var members = await LogReads.ListAsync(membersOf, row => Rows.Member(row), token);
        var changes = new CommittedChanges(heads, members);
        return new Commit(shard, from, position, [.. entries.Select(e => new CommittedEntry(e.Position, e.Entry, changes.Of(e.Entry)))], members, heads);

        NpgsqlCommand Command(string sql, params long[] values)
        {
            var command = new NpgsqlCommand(sql, connection);
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint });
            }
            return command;
        }
    }
}
