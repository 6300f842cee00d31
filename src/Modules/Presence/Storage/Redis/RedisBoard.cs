using System.Text.Json;
using Microsoft.Extensions.Options;
using ModularChat.Storage.Redis;
using StackExchange.Redis;

namespace ModularChat.Presence.Storage.Redis;

/// <summary>
/// The board in Redis: a hash a user with a field a process, a set of users a process, and who is there by Redis's own clock. A user's
/// hash may lie in any slot of a cluster.
/// </summary>
internal sealed class RedisBoard : IAttendanceBoard
{
    /// <summary>
    /// Renews ARGV[1] for ARGV[2] ms; moves processes whose time is over to those who left; gives one of those that nobody cares for, or not for a
    /// minute. Answers: 0 known, 1 new, 2 left; who is there, who left, and how long ago its last sign was.
    /// </summary>
    private const string Renew =
        """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local state = 0
        if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
          if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1 then return {2, {}, '', '0'} end
          state = 1
        end
        redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
        redis.call('HSET', KEYS[3], ARGV[1], now)
        for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
          redis.call('ZREM', KEYS[1], gone)
          redis.call('ZADD', KEYS[2], 0, gone)
        end
        local left = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - 60000, 'LIMIT', 0, 1)
        local since = '0'
        if left[1] then
          redis.call('ZADD', KEYS[2], now, left[1])
          since = tostring(now - (redis.call('HGET', KEYS[3], left[1]) or now))
        end
        return {state, redis.call('ZRANGE', KEYS[1], 0, -1), left[1] or '', since}
        """;

    private const int AtOnce = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly SharedRedis _redis;
    private readonly string _prefix;
    private readonly RedisKey _live, _left, _signs;

    public RedisBoard(IOptions<PresenceOptions> options)
    {
        _redis = new SharedRedis("Presence:ConnectionString", options.Value.ConnectionString, Patience);
        _prefix = $"{options.Value.Cluster}:presence:";
        // What one script touches lies in one slot.
        (_live, _left, _signs) = ($"{{{_prefix}nodes}}:live", $"{{{_prefix}nodes}}:left", $"{{{_prefix}nodes}}:signs");
    }

    public ValueTask<Round> RenewAsync(Guid self, TimeSpan life, CancellationToken token) => AskAsync(
        async database =>
        {
            // Whole each time: after a restart the server knows no script any more.
            var answer = (RedisResult[])await database.ScriptEvaluateAsync(
                Renew, [_live, _left, _signs], [self.ToString("N"), (long)life.TotalMilliseconds], CommandFlags.NoScriptCache);
            var live = ((string[])answer[1]).Select(Guid.Parse).Where(id => id != self).ToHashSet();
            var left = (string)answer[2] is { Length: > 0 } id ? new Absent(Guid.Parse(id), TimeSpan.FromMilliseconds((long)answer[3])) : null;
            return new Round((Standing)(long)answer[0], live, left);
        },
        token);

    public async ValueTask WriteAsync(Guid self, IReadOnlyCollection<Posted> there, IReadOnlyCollection<Guid> gone, CancellationToken token)
    {
        RedisValue field = self.ToString("N");
        foreach (var chunk in there.Chunk(AtOnce))
        {
            await AskAsync(
                async database =>
                {
                    // In the set first: what stands in a hash is always found by who takes a dead process off the board.
                    var listed = database.SetAddAsync(UsersOf(self), Array.ConvertAll(chunk, one => (RedisValue)one.UserId.ToString("N")));
                    await Task.WhenAll(chunk.Select(one => database.HashSetAsync(Of(one.UserId), field, JsonSerializer.SerializeToUtf8Bytes(one))).Append<Task>(listed));
                    return 0;
                },
                token);
        }
        foreach (var chunk in gone.Chunk(AtOnce))
        {
            await AskAsync(
                async database =>
                {
                    await Task.WhenAll(chunk.Select(user => database.HashDeleteAsync(Of(user), field)));
                    await database.SetRemoveAsync(UsersOf(self), Array.ConvertAll(chunk, user => (RedisValue)user.ToString("N")));
                    return 0;
                },
                token);
        }
    }

    public async ValueTask<IReadOnlyList<(Guid Process, Posted Posted)>[]> ReadAsync(IReadOnlyList<Guid> userIds, CancellationToken token)
    {
        List<IReadOnlyList<(Guid, Posted)>> found = new(userIds.Count);
        foreach (var chunk in userIds.Chunk(AtOnce))
        {
            found.AddRange(await AskAsync(
                async database => (await Task.WhenAll(chunk.Select(user => database.HashGetAllAsync(Of(user))))).Select(Parse), token));
        }
        return [.. found];
    }

    public ValueTask<Guid[]> ListAsync(Guid process, int limit, CancellationToken token) => AskAsync(
        async database => Array.ConvertAll(await database.SetRandomMembersAsync(UsersOf(process), limit), user => Guid.Parse((string)user!)), token);

    public async ValueTask ForgetAsync(Guid process, CancellationToken token) => await AskAsync(
        async database =>
        {
            await database.HashDeleteAsync(_signs, process.ToString("N"));
            return await database.SortedSetRemoveAsync(_left, process.ToString("N"));
        },
        token);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private static IReadOnlyList<(Guid, Posted)> Parse(HashEntry[] fields)
    {
        List<(Guid, Posted)> posted = new(fields.Length);
        foreach (var field in fields)
        {
            try
            {
                if (Guid.TryParse((string?)field.Name, out var process) && JsonSerializer.Deserialize<Posted>((byte[])field.Value!) is { Leases: not null } one)
                {
                    posted.Add((process, one));
                }
            }
            catch (JsonException)
            {
                // Of another version, which writes something else: its users are there for its own nodes.
            }
        }
        return posted;
    }

    private RedisKey Of(Guid user) => $"{_prefix}user:{user:N}";

    private RedisKey UsersOf(Guid process) => $"{_prefix}node:{process:N}";

    private async ValueTask<T> AskAsync<T>(Func<IDatabase, Task<T>> ask, CancellationToken token)
    {
        try
        {
            return await _redis.AskAsync(ask, token);
        }
        catch (RedisAwayException e)
        {
            throw new BoardAwayException(e);
        }
    }
}
