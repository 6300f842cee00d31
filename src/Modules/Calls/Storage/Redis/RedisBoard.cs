using ModularChat.Calls.Calling;
using ModularChat.Contracts.Calls;
using StackExchange.Redis;

namespace ModularChat.Calls.Storage.Redis;

/// <summary>The calls of all nodes, in Redis.</summary>
internal sealed class RedisBoard(RedisLink link) : ICallBoard
{
    private const string Calls = "call", Signals = "call-signals";

    /// <summary>Who has ended a call writes it down; only when that has failed another looks.</summary>
    private const long RecordAfter = 5_000;

    public long Clock => link.Clock;

    public ValueTask<Call?> FindAsync(Guid callId, CancellationToken token) => link.GetAsync<Call>(link.Key(Calls, callId), token);

    public async ValueTask<Call[]> OfAsync(Guid one, Guid other, CancellationToken token)
    {
        var ids = await link.MembersAsync([LiveOf(one), LiveOf(other)], token);
        return await link.GetAsync<Call>(Array.ConvertAll(ids, id => link.Key(Calls, id)), token);
    }

    public ValueTask<bool> TryAddAsync(Call call, IReadOnlyCollection<Guid> seen, CancellationToken token) => PutAsync(null, call, seen, token);

    public async ValueTask<bool> TryReplaceAsync(Call read, Call next, CancellationToken token)
    {
        if (!await PutAsync(read, next, null, token))
        {
            return false;
        }
        if (!next.IsLive)
        {
            await link.ForgetAsync(Signals, next.Id, token);
        }
        return true;
    }

    public async ValueTask<Call[]> DueAsync(long now, long before, int limit, CancellationToken token)
    {
        var ids = await link.DueAsync(link.Key("due"), now, limit, token);
        return await link.GetAsync<Call>(Array.ConvertAll(ids, id => link.Key(Calls, id)), token);
    }

    public ValueTask<long?> AddSignalAsync(Guid callId, Guid fromLeg, CallSignal signal, int maxCandidates, CancellationToken token) =>
        link.AddAsync(link.Key(Calls, callId), Signals, callId, fromLeg.ToString("N"), signal, maxCandidates, token);

    public async ValueTask<NumberedSignal[]> SignalsAsync(Guid callId, Guid forLeg, long after, CancellationToken token) =>
        [.. (await link.ToldAsync(Signals, callId, token)).Where(one => one.Told.Number > after && one.Pair != forLeg.ToString("N")).Select(one => one.Told)];

    private ValueTask<bool> PutAsync(Call? read, Call next, IReadOnlyCollection<Guid>? seen, CancellationToken token) => link.PutAsync(
        new Slot(link.Key(Calls, next.Id), link.Key("due"), [LiveOf(next.CallerId), LiveOf(next.CalleeId)], next.Id),
        read,
        next,
        next.IsLive ? Dues.Of(next) : next.IsRecorded ? null : next.Ended + RecordAfter,
        next.IsLive || !next.IsRecorded ? 0 : RedisLink.KeptFor,
        next.IsLive,
        seen,
        token);

    private RedisKey LiveOf(Guid user) => link.Key("live", user);
}
