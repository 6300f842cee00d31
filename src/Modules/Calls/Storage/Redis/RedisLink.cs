using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Storage;
using StackExchange.Redis;

namespace ModularChat.Calls.Storage.Redis;

/// <summary>
/// What calls and rooms share of Redis: the connection, the clock, records that are replaced only when nobody has changed them since, and signals. All keys lie in one slot of a cluster,
/// since a call is judged by the calls of two users at once.
/// </summary>
internal sealed class RedisLink : IAsyncDisposable
{
    /// <summary>Kept for a record that is over.</summary>
    public const long KeptFor = 60_000;

    private const long Fresh = 2_000, Gap = 5_000, SignalsFor = 7 * 86_400_000L;

    /// <summary>
    /// Redis's time, but for the times at which no node has looked: while all nodes or Redis itself were away nobody could give a sign of life, and nobody is out by that.
    /// </summary>
    private const string Tick =
        """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local last = tonumber(redis.call('HGET', KEYS[1], 'last') or now)
        local skew = tonumber(redis.call('HGET', KEYS[1], 'skew') or 0)
        if now - last > tonumber(ARGV[1]) then skew = skew + (now - last) end
        redis.call('HSET', KEYS[1], 'last', string.format('%.0f', now), 'skew', string.format('%.0f', skew))
        return string.format('%.0f', now - skew)
        """;

    /// <summary>
    /// Puts ARGV[2] in the place of ARGV[1] (empty: nothing) at KEYS[1], due at ARGV[3] (empty: never) in KEYS[2], to live for ARGV[4] ms (0: for ever), as the member ARGV[6] of the sets
    /// from KEYS[3] on when ARGV[5] is 1. With ARGV[7] of 1 only when these sets have just the members from ARGV[8] on.
    /// </summary>
    private const string Put =
        """
        if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
        local sets = {}
        for i = 3, #KEYS do sets[#sets + 1] = KEYS[i] end
        if ARGV[7] == '1' then
          local there = redis.call('SUNION', unpack(sets))
          if #there ~= #ARGV - 7 then return 0 end
          local seen = {}
          for i = 8, #ARGV do seen[ARGV[i]] = true end
          for _, one in ipairs(there) do if not seen[one] then return 0 end end
        end
        redis.call('SET', KEYS[1], ARGV[2])
        if ARGV[4] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
        if ARGV[3] == '' then redis.call('ZREM', KEYS[2], ARGV[6]) else redis.call('ZADD', KEYS[2], ARGV[3], ARGV[6]) end
        for _, set in ipairs(sets) do
          if ARGV[5] == '1' then redis.call('SADD', set, ARGV[6]) else redis.call('SREM', set, ARGV[6]) end
        end
        return 1
        """;

    /// <summary>
    /// Adds a signal to the list KEYS[1] with its number from KEYS[2], while KEYS[3] is there: ARGV is the pair, the kind, its candidates, how many there may be, the signal, and how long it is kept.
    /// </summary>
    private const string Add =
        """
        if redis.call('EXISTS', KEYS[3]) == 0 then return -1 end
        local kind, sum, restarts, first = tonumber(ARGV[2]), 0, 0, nil
        for _, one in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
          local pair, k, c = string.match(one, '^([^|]*)|(%d)|(%d+)|')
          if pair == ARGV[1] then
            if kind <= 1 then redis.call('LREM', KEYS[1], 1, one)
            else
              sum = sum + tonumber(c)
              if k == '3' then restarts = restarts + 1; first = first or one end
            end
          end
        end
        if kind == 2 and sum + tonumber(ARGV[3]) > tonumber(ARGV[4]) then return 0 end
        if kind == 3 and restarts >= 3 then redis.call('LREM', KEYS[1], 1, first) end
        local number = redis.call('INCR', KEYS[2])
        redis.call('RPUSH', KEYS[1], ARGV[1] .. '|' .. ARGV[2] .. '|' .. ARGV[3] .. '|' .. number .. '|' .. ARGV[5])
        redis.call('PEXPIRE', KEYS[1], ARGV[6])
        redis.call('PEXPIRE', KEYS[2], ARGV[6])
        return number
        """;

    private readonly ConfigurationOptions _settings;
    private readonly TimeProvider _time;
    private readonly string _prefix;

    /// <summary>The stored text of what was read: what another version of the program wrote may not be what this one would write.</summary>
    private readonly ConditionalWeakTable<object, string> _texts = [];

    private readonly Lock _gate = new();
    private ConnectionMultiplexer? _connection;
    private (long Clock, long Stamp) _clock;
    private bool _isSet;

    public RedisLink(IOptions<CallsOptions> options, TimeProvider time)
    {
        try
        {
            _settings = ConfigurationOptions.Parse(options.Value.ConnectionString);
        }
        catch (ArgumentException)
        {
            // Its message may show a part of the text, and with it a password.
            throw new StartupException("Calls:ConnectionString is not one of Redis: host:port,host:port and settings of StackExchange.Redis behind them.");
        }
        _settings.AbortOnConnectFail = false;
        _settings.ConfigCheckSeconds = 2;
        _settings.ConnectTimeout = _settings.SyncTimeout = 2_000;
        _time = time;
        _prefix = $"{{{options.Value.Cluster}:calls}}:";
        _clock = (time.GetUtcNow().ToUnixTimeMilliseconds(), time.GetTimestamp());
    }

    public long Clock
    {
        get
        {
            lock (_gate)
            {
                return _clock.Clock + (long)_time.GetElapsedTime(_clock.Stamp).TotalMilliseconds;
            }
        }
    }

    public RedisKey Key(string name) => _prefix + name;

    public RedisKey Key(string kind, Guid id) => $"{_prefix}{kind}:{id:N}";

    /// <summary>The record at a key; null when there is none, or none that this version can read.</summary>
    public async ValueTask<T?> GetAsync<T>(RedisKey key, CancellationToken token)
        where T : class => Parse<T>(await AskAsync(database => database.StringGetAsync(key), token));

    public async ValueTask<T[]> GetAsync<T>(IReadOnlyCollection<RedisKey> keys, CancellationToken token)
        where T : class => keys.Count == 0 ? [] : [.. (await AskAsync(database => database.StringGetAsync([.. keys]), token)).Select(Parse<T>).OfType<T>()];

    /// <summary>Replaces a record; see <see cref="Put"/>.</summary>
    public async ValueTask<bool> PutAsync<T>(Slot slot, T? read, T next, long? due, long life, bool isLive, IReadOnlyCollection<Guid>? seen, CancellationToken token)
        where T : class
    {
        var old = read is null ? "" : _texts.TryGetValue(read, out var known) ? known : JsonSerializer.Serialize(read);
        var text = JsonSerializer.Serialize(next);
        RedisValue[] arguments =
        [
            old, text, due is { } at ? at : RedisValue.EmptyString, life, isLive ? 1 : 0, slot.Member.ToString("N"), seen is null ? 0 : 1,
            .. (seen ?? []).Select(id => (RedisValue)id.ToString("N")),
        ];
        var isPut = (long)await AskAsync(database => database.ScriptEvaluateAsync(Put, [slot.Key, slot.Due, .. slot.Sets], arguments, CommandFlags.NoScriptCache), token) == 1;
        if (isPut)
        {
            _texts.AddOrUpdate(next, text);
        }
        return isPut;
    }

    public ValueTask<Guid[]> DueAsync(RedisKey due, long now, int limit, CancellationToken token) =>
        AskAsync(async database => Array.ConvertAll(await database.SortedSetRangeByScoreAsync(due, stop: now, take: limit), id => Guid.ParseExact(id!, "N")), token);

    /// <summary>The members of all these sets.</summary>
    public ValueTask<Guid[]> MembersAsync(RedisKey[] sets, CancellationToken token) =>
        AskAsync(async database => Array.ConvertAll(await database.SetCombineAsync(SetOperation.Union, sets), id => Guid.ParseExact(id!, "N")), token);

    /// <summary>Adds a signal to what is told in a call or room; its number, or null when there are too many.</summary>
    public async ValueTask<long?> AddAsync(RedisKey record, string kind, Guid id, string pair, CallSignal signal, int maxCandidates, CancellationToken token)
    {
        RedisValue[] arguments = [pair, (int)signal.Kind, signal.Candidates?.Length ?? 0, maxCandidates, JsonSerializer.Serialize(signal), SignalsFor];
        var number = (long)await AskAsync(
            database => database.ScriptEvaluateAsync(Add, [Key(kind, id), Key(kind + "-number", id), record], arguments, CommandFlags.NoScriptCache), token);
        return number > 0 ? number : null;
    }

    /// <summary>What was told in a call or room, with its pair, in order.</summary>
    public async ValueTask<List<(string Pair, NumberedSignal Told)>> ToldAsync(string kind, Guid id, CancellationToken token)
    {
        List<(string, NumberedSignal)> told = [];
        foreach (var one in await AskAsync(database => database.ListRangeAsync(Key(kind, id)), token))
        {
            var parts = ((string)one!).Split('|', 5);
            if (JsonSerializer.Deserialize<CallSignal>(parts[4]) is { } signal)
            {
                told.Add((parts[0], new NumberedSignal(long.Parse(parts[3], System.Globalization.CultureInfo.InvariantCulture), signal)));
            }
        }
        return told;
    }

    public async ValueTask ForgetAsync(string kind, Guid id, CancellationToken token) => await AskAsync(database => database.KeyDeleteAsync(Key(kind, id)), token);

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.CloseAsync(allowCommandsToComplete: false);
            connection.Dispose();
        }
    }

    private T? Parse<T>(RedisValue stored)
        where T : class
    {
        try
        {
            if (stored.IsNull || JsonSerializer.Deserialize<T>((string)stored!) is not { } record)
            {
                return null;
            }
            _texts.AddOrUpdate(record, stored!);
            return record;
        }
        catch (JsonException)
        {
            // Of a version that writes something else.
            return null;
        }
    }

    private async ValueTask<T> AskAsync<T>(Func<IDatabase, Task<T>> ask, CancellationToken token)
    {
        try
        {
            _connection ??= await ConnectionMultiplexer.ConnectAsync(_settings).WaitAsync(token);
            var database = _connection.GetDatabase();
            if (!IsFresh())
            {
                // Whole each time: after a restart the server knows no script any more.
                var clock = (long)await database.ScriptEvaluateAsync(Tick, [Key("clock")], [Gap], CommandFlags.NoScriptCache).WaitAsync(token);
                lock (_gate)
                {
                    (_clock, _isSet) = ((clock, _time.GetTimestamp()), true);
                }
            }
            return await ask(database).WaitAsync(token);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw new ChatException(ProblemCodes.StorageUnavailable, "The store of calls cannot be reached.", e) { RetryAfter = TimeSpan.FromSeconds(1) };
        }
    }

    private bool IsFresh()
    {
        lock (_gate)
        {
            return _isSet && _time.GetElapsedTime(_clock.Stamp).TotalMilliseconds < Fresh;
        }
    }
}

/// <summary>Where a record stands.</summary>
/// <param name="Key">The record.</param>
/// <param name="Due">The sorted set by which it is found when it is due.</param>
/// <param name="Sets">The sets in which it stands while it is not over.</param>
/// <param name="Member">Its name in them.</param>
internal sealed record Slot(RedisKey Key, RedisKey Due, RedisKey[] Sets, Guid Member);
