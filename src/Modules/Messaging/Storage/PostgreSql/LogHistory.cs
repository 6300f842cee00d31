using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>
/// The runs of the log. A run stands for one server, one timeline of it and one making of the tables: when a connection leads elsewhere (a promoted
/// replica, a restored copy), or a shard is behind what was seen of it, the first node to notice enters a new run, and clients reset.
/// </summary>
internal sealed partial class LogHistory(LogInfo info, LogServer server, Published published, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private volatile State _state = new(info, [], 0);

    public LogInfo Info => _state.Info;

    /// <summary>Rises with every run.</summary>
    public long Ordinal => _state.Ordinal;

    /// <summary>At opening, on a connection that is not checked against a home. A tool enters no run.</summary>
    public async Task BeginAsync(NpgsqlConnection connection, bool isTool, CancellationToken token)
    {
        if (isTool)
        {
            _state = await ReadAsync(connection, token);
            return;
        }
        await EnterAsync(connection, isLost: false, token);
        server.Expect(await LogServer.ReadHomeAsync(connection, token));
        server.HistoryChanged = t => RenewAsync(isLost: false, t);
    }

    /// <summary>Enters a new run when the home is another, or when history is lost and nobody has entered one since; then everybody starts anew.</summary>
    public async Task RenewAsync(bool isLost, CancellationToken token)
    {
        var known = Ordinal;
        await _gate.WaitAsync(token);
        try
        {
            if (Ordinal != known)
            {
                return;
            }
            await using var connection = await server.OpenAnyAsync(token);
            await EnterAsync(connection, isLost, token);
            server.Expect(await LogServer.ReadHomeAsync(connection, token));
            if (Ordinal != known)
            {
                Log.NewRun(logger, server.Place, Info.RunId);
                published.Restart(await Positions.ReadAsync(connection, Info.ShardCount, token));
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>What this node knows of the runs is older than the table.</summary>
    public async Task ReloadAsync(CancellationToken token)
    {
        var known = Info.RunId;
        var (state, positions) = await server.ReadAsync(
            async connection => (await ReadAsync(connection, token), await Positions.ReadAsync(connection, Info.ShardCount, token)), token);
        _state = state;
        if (Info.RunId != known)
        {
            Log.NewRun(logger, server.Place, Info.RunId);
            published.Restart(positions);
        }
    }

    /// <summary>The positions at which a run ended; null for the present one, empty for one that is unknown.</summary>
    public async ValueTask<long[]?> FindEndAsync(Guid runId, CancellationToken token)
    {
        if (!_state.Runs.Any(r => r.Id == runId))
        {
            await ReloadAsync(token);
        }
        var runs = _state.Runs;
        for (var i = 0; i < runs.Count; i++)
        {
            if (runs[i].Id == runId)
            {
                return i + 1 < runs.Count ? runs[i + 1].Started : null;
            }
        }
        return [];
    }

    public IReadOnlyList<RunRow> Runs => _state.Runs;

    public void Dispose() => _gate.Dispose();

    private async Task EnterAsync(NpgsqlConnection connection, bool isLost, CancellationToken token)
    {
        await using var transaction = await connection.BeginTransactionAsync(token);
        await LogSchema.RunAsync(connection, LogSchema.TakeLock, token);
        var home = await LogServer.ReadHomeAsync(connection, token);
        var found = await ReadAsync(connection, token);
        if (found.Home is null)
        {
            await using var settle = new NpgsqlCommand("UPDATE run SET home = $1 WHERE ordinal = $2", connection) { Parameters = { new() { Value = home }, new() { Value = found.Ordinal } } };
            await settle.ExecuteNonQueryAsync(token);
        }
        else if (found.Home != home || (isLost && found.Ordinal == Ordinal))
        {
            var run = new RunRow(Ids.New(), await Positions.ReadAsync(connection, Info.ShardCount, token), time.GetUtcNow());
            await LogSchema.WriteRunAsync(connection, run, home, token);
            found = await ReadAsync(connection, token);
        }
        await transaction.CommitAsync(token);
        _state = found;
    }

    private async Task<State> ReadAsync(NpgsqlConnection connection, CancellationToken token)
    {
        var runs = new List<RunRow>();
        var (ordinal, home) = (0L, (string?)null);
        await using var command = new NpgsqlCommand("SELECT id, started, at, ordinal, home FROM run ORDER BY ordinal", connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            runs.Add(new RunRow(reader.GetGuid(0), reader.GetFieldValue<long[]>(1), new DateTimeOffset(reader.GetInt64(2), TimeSpan.Zero)));
            (ordinal, home) = (reader.GetInt64(3), await reader.IsDBNullAsync(4, token) ? null : reader.GetString(4));
        }
        return new State(Info with { RunId = runs[^1].Id }, runs, ordinal) { Home = home };
    }

    private sealed record State(LogInfo Info, IReadOnlyList<RunRow> Runs, long Ordinal)
    {
        public string? Home { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Warning, "{Place} has another history than before; run {RunId} has begun, and clients begin anew")]
        public static partial void NewRun(ILogger logger, string place, Guid runId);
    }
}
