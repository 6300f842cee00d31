using Microsoft.Extensions.Logging;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>
/// Looks from time to time what other nodes have written, in one small query, so that a node that writes nothing itself hears of it too. A backplane
/// makes it immediate by calling <see cref="LookAsync"/>; correctness needs neither.
/// </summary>
internal sealed partial class Follower : IAsyncDisposable
{
    /// <summary>Marks further back than this are noted no more; a node so far behind begins anew.</summary>
    private const int KeptMarks = 20_000;

    private static readonly TimeSpan TrimPeriod = TimeSpan.FromMinutes(1);

    private readonly ShardFeed[] _feeds;
    private readonly LogServer _server;
    private readonly LogHistory _history;
    private readonly Published _published;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;
    private long _trimmed;
    private bool _isAway;

    public Follower(ShardFeed[] feeds, TimeSpan period, LogServer server, LogHistory history, Published published, TimeProvider time, ILogger logger)
    {
        (_feeds, _server, _history, _published, _time, _logger) = (feeds, server, history, published, time, logger);
        _timer = new PeriodicTimer(period, time);
        _trimmed = time.GetTimestamp();
        _loop = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Takes in what other nodes have written to a shard up to now.</summary>
    public Task LookAsync(int shard, CancellationToken token) => _feeds[shard].LookAsync(token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _timer.Dispose();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync(CancellationToken.None))
        {
            try
            {
                await FollowAsync(_stop.Token);
                _isAway = false;
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (!_isAway)
                {
                    Log.CannotFollow(_logger, e.Message);
                }
                _isAway = true;
            }
        }
    }

    private async Task FollowAsync(CancellationToken token)
    {
        var (positions, run) = await _server.ReadAsync(
            async connection =>
            {
                var now = await Positions.ReadAsync(connection, _feeds.Length, token);
                await using var last = new NpgsqlCommand("SELECT max(ordinal) FROM run", connection);
                return (now, (long)(await last.ExecuteScalarAsync(token))!);
            },
            token);
        if (run != _history.Ordinal)
        {
            await _history.ReloadAsync(token);
        }
        for (var shard = 0; shard < positions.Length; shard++)
        {
            if (positions[shard] != _published[shard])
            {
                await _feeds[shard].LookAsync(token);
            }
        }
        if (_time.GetElapsedTime(_trimmed) > TrimPeriod)
        {
            _trimmed = _time.GetTimestamp();
            await TrimAsync(positions, token);
        }
    }

    private async Task TrimAsync(long[] positions, CancellationToken token)
    {
        for (var shard = 0; shard < positions.Length; shard++)
        {
            if (positions[shard] > KeptMarks)
            {
                var (from, to) = (Place.Of(shard, 0), Place.Of(shard, positions[shard] - KeptMarks));
                await _server.WriteAsync(
                    async connection =>
                    {
                        await using var trim = new NpgsqlCommand("DELETE FROM mark WHERE place >= $1 AND place < $2", connection) { Parameters = { new() { Value = from }, new() { Value = to } } };
                        return await trim.ExecuteNonQueryAsync(token);
                    },
                    token);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2104, LogLevel.Warning, "What other nodes write cannot be followed now: {Reason}")]
        public static partial void CannotFollow(ILogger logger, string reason);
    }
}
