using Microsoft.Extensions.Options;
using ModularChat.Calls.Calling;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Storage;

/// <summary>The calls of a single node, in memory; what has to outlive the process lies on the shelf.</summary>
internal sealed class ProcessBoard : ICallBoard
{
    /// <summary>For how long calls that are over are kept.</summary>
    public const long KeptFor = 60_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Row> _calls = [];
    private readonly Dictionary<Guid, HashSet<Guid>> _live = [];
    private readonly Shelf _shelf;
    private readonly TimeProvider _time;
    private readonly (long Stamp, long Time) _begin;

    public ProcessBoard(Shelf shelf, IOptions<CallsOptions> options, TimeProvider time)
    {
        (_shelf, _time, _begin) = (shelf, time, (time.GetTimestamp(), time.GetUtcNow().ToUnixTimeMilliseconds()));
        var until = Clock + (options.Value.ReconnectSeconds * 1_000L);
        foreach (var call in shelf.ReadCalls())
        {
            // While there was no server nobody could give a sign of life. Signals go on with numbers above all that were.
            var kept = call with { CallerLeg = call.CallerLeg with { Until = until }, CalleeLeg = call.CalleeLeg is { } leg ? leg with { Until = until } : null };
            _calls[call.Id] = new Row(new SignalBook(Clock)) { Call = kept };
            Note(kept);
        }
    }

    /// <summary>From the time of day at the start, so that what the shelf has is by the same one; the time of day may jump afterwards.</summary>
    public long Clock => _begin.Time + (long)_time.GetElapsedTime(_begin.Stamp).TotalMilliseconds;

    public ValueTask<Call?> FindAsync(Guid callId, CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_calls.GetValueOrDefault(callId)?.Call);
        }
    }

    public ValueTask<Call[]> OfAsync(Guid one, Guid other, CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(LiveOf(one, other).Select(id => _calls[id].Call).ToArray());
        }
    }

    public ValueTask<bool> TryAddAsync(Call call, IReadOnlyCollection<Guid> seen, CancellationToken token)
    {
        lock (_gate)
        {
            if (_calls.ContainsKey(call.Id) || !LiveOf(call.CallerId, call.CalleeId).SetEquals(seen))
            {
                return ValueTask.FromResult(false);
            }
            _calls[call.Id] = new Row(new SignalBook(0)) { Call = call };
            Note(call);
            _shelf.Put(call);
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<bool> TryReplaceAsync(Call read, Call next, CancellationToken token)
    {
        lock (_gate)
        {
            if (_calls.GetValueOrDefault(read.Id) is not { } row || !ReferenceEquals(row.Call, read))
            {
                return ValueTask.FromResult(false);
            }
            row.Call = next;
            Note(next);
            if (read.Version != next.Version || read.IsRecorded != next.IsRecorded)
            {
                _shelf.Put(next);
            }
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<Call[]> DueAsync(long now, long before, int limit, CancellationToken token)
    {
        lock (_gate)
        {
            List<Call> due = [];
            foreach (var (id, row) in _calls)
            {
                var call = row.Call;
                if (call.IsLive ? now >= Dues.Of(call) : !call.IsRecorded && call.Ended <= before)
                {
                    due.Add(call);
                    if (due.Count >= limit)
                    {
                        break;
                    }
                }
                else if (!call.IsLive && call.IsRecorded && call.Ended + KeptFor <= now)
                {
                    // Allowed while walking: a dictionary survives removals.
                    _calls.Remove(id);
                    _shelf.Remove(call);
                }
            }
            return ValueTask.FromResult(due.ToArray());
        }
    }

    public ValueTask<long?> AddSignalAsync(Guid callId, Guid fromLeg, CallSignal signal, int maxCandidates, CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_calls.GetValueOrDefault(callId) is { Call.IsLive: true } row ? row.Signals.Add(fromLeg, null, 0, signal, maxCandidates) : null);
        }
    }

    public ValueTask<NumberedSignal[]> SignalsAsync(Guid callId, Guid forLeg, long after, CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_calls.GetValueOrDefault(callId) is not { } row
                ? []
                : row.Signals.For(forLeg, after).Select(told => new NumberedSignal(told.Number, told.Signal)).ToArray());
        }
    }

    private HashSet<Guid> LiveOf(Guid one, Guid other) => [.. _live.GetValueOrDefault(one) ?? [], .. _live.GetValueOrDefault(other) ?? []];

    private void Note(Call call)
    {
        foreach (var user in (ReadOnlySpan<Guid>)[call.CallerId, call.CalleeId])
        {
            if (call.IsLive)
            {
                if (!_live.TryGetValue(user, out var calls))
                {
                    _live[user] = calls = [];
                }
                calls.Add(call.Id);
            }
            else if (_live.TryGetValue(user, out var calls) && calls.Remove(call.Id) && calls.Count == 0)
            {
                _live.Remove(user);
            }
        }
        if (!call.IsLive)
        {
            _calls[call.Id].Signals.Clear();
        }
    }

    private sealed class Row(SignalBook signals)
    {
        public required Call Call { get; set; }

        public SignalBook Signals { get; } = signals;
    }
}
