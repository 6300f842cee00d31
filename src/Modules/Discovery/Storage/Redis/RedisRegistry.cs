using Microsoft.Extensions.Options;
using ModularChat.Discovery.Registry;
using ModularChat.Storage.Redis;
using StackExchange.Redis;

namespace ModularChat.Discovery.Storage.Redis;

/// <summary>
/// Nodes as keys of Redis that end after a session unless they are renewed, once a second; a set has their ids. All keys lie in one slot, so
/// that a cluster does too.
/// </summary>
internal sealed class RedisRegistry : INodeRegistry
{
    private const string Keep =
        """
        local there = redis.call('GET', KEYS[1])
        if there and string.sub(there, 1, 36) ~= ARGV[1] then return 0 end
        if there and ARGV[5] == '0' then redis.call('PEXPIRE', KEYS[1], ARGV[3])
        else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
        redis.call('SADD', KEYS[2], ARGV[4])
        return 1
        """;

    private const string Forget = "if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[1]) end return 1";

    private const string Leave =
        """
        local there = redis.call('GET', KEYS[1])
        if there and string.sub(there, 1, 36) == ARGV[1] then
          redis.call('DEL', KEYS[1])
          redis.call('SREM', KEYS[2], ARGV[2])
        end
        return 1
        """;

    private static readonly TimeSpan WishHolds = TimeSpan.FromMinutes(10), Patience = TimeSpan.FromSeconds(3);

    private readonly SharedRedis _redis;
    private readonly string _prefix;
    private readonly long _lease;

    public RedisRegistry(IOptions<DiscoveryOptions> options)
    {
        _redis = new SharedRedis("Discovery:ConnectionString", options.Value.ConnectionString, Patience);
        _prefix = $"{{{options.Value.Cluster}}}:";
        _lease = options.Value.SessionSeconds * 1000L;
    }

    private RedisKey Ids => _prefix + "nodes";

    public async Task<bool> KeepAsync(NodePlace place, CancellationToken token) =>
        await EvaluateAsync(
            Keep, [KeyOf(place.Id), Ids], [place.Instance.ToString(), place.Written, _lease, place.Id, place.IsNew ? "1" : "0"], token) == 1;

    public async Task<IReadOnlyList<KeyValuePair<string, byte[]>>> ReadAsync(CancellationToken token)
    {
        var ids = await AskAsync(database => database.SetMembersAsync(Ids), token);
        var names = Array.ConvertAll(ids, id => (string)id!);
        if (names.Length == 0)
        {
            return [];
        }
        var values = await AskAsync(database => database.StringGetAsync(Array.ConvertAll(names, KeyOf)), token);
        var read = new List<KeyValuePair<string, byte[]>>();
        for (var i = 0; i < names.Length; i++)
        {
            if (values[i].IsNull)
            {
                await EvaluateAsync(Forget, [KeyOf(names[i]), Ids], [names[i]], token);
            }
            else
            {
                read.Add(new(names[i], (byte[])values[i]!));
            }
        }
        return read;
    }

    public Task AskToDrainAsync(string id, Guid instance, CancellationToken token) =>
        AskAsync(database => database.StringSetAsync(WishOf(id), instance.ToString(), WishHolds), token);

    public async Task<bool> IsAskedToDrainAsync(string id, Guid instance, CancellationToken token) =>
        (string?)await AskAsync(database => database.StringGetAsync(WishOf(id)), token) == instance.ToString();

    public Task LeaveAsync(NodePlace place, CancellationToken token) =>
        _redis.IsConnected ? EvaluateAsync(Leave, [KeyOf(place.Id), Ids], [place.Instance.ToString(), place.Id], token) : Task.CompletedTask;

    /// <summary>Reading once a second is soon enough, and needs no second connection.</summary>
    public Task ChangedAsync(CancellationToken token) => Task.Delay(Timeout.InfiniteTimeSpan, token);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private RedisKey KeyOf(string id) => $"{_prefix}node:{id}";

    private RedisKey WishOf(string id) => $"{_prefix}drain:{id}";

    private Task<long> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] values, CancellationToken token) =>
        // Whole each time: after a restart the server knows no script any more.
        AskAsync(async database => (long)await database.ScriptEvaluateAsync(script, keys, values, CommandFlags.NoScriptCache), token);

    private async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask, CancellationToken token)
    {
        try
        {
            return await _redis.AskAsync(ask, token);
        }
        catch (RedisAwayException e)
        {
            throw new RegistryAwayException(e.Message, e);
        }
    }
}
