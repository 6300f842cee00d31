using ModularChat.Calls.Calling;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Storage;

/// <summary>The calls of a single node, in memory.</summary>
internal sealed class ProcessBoard(TimeProvider time) : ICallBoard
{
    /// <summary>For how long calls that are over are kept.</summary>
    public const long KeptFor = 60_000;

    private const int Restarts = 3;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Row> _calls = [];
    private readonly Dictionary<Guid, HashSet<Guid>> _live = [];
    private readonly long _begin = time.GetTimestamp();

    public long Clock => (long)time.GetElapsedTime(_begin).TotalMilliseconds;

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
            _calls[call.Id] = new Row { Call = call };
            Note(call);
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
                if (call.IsLive ? IsDue(call, now) : !call.IsRecorded && call.Ended <= before)
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
                }
            }
            return ValueTask.FromResult(due.ToArray());
        }
    }

    public ValueTask<long?> AddSignalAsync(Guid callId, Guid fromLeg, CallSignal signal, int maxCandidates, CancellationToken token)
    {
        lock (_gate)
        {
            if (_calls.GetValueOrDefault(callId) is not { Call.IsLive: true } row)
            {
                return ValueTask.FromResult<long?>(null);
            }
            if (signal.Kind is SignalKind.Offer or SignalKind.Answer)
            {
                row.Told.RemoveAll(told => told.From == fromLeg);
            }
            else if (signal.Kind == SignalKind.Restart)
            {
                if (row.Told.Count(told => told.From == fromLeg && told.Signal.Signal.Kind == SignalKind.Restart) >= Restarts)
                {
                    row.Told.RemoveAt(row.Told.FindIndex(told => told.From == fromLeg && told.Signal.Signal.Kind == SignalKind.Restart));
                }
            }
            else if (row.Told.Where(told => told.From == fromLeg).Sum(told => told.Signal.Signal.Candidates?.Length ?? 0) + signal.Candidates!.Length > maxCandidates)
            {
                return ValueTask.FromResult<long?>(null);
            }
            var number = ++row.Numbers;
            row.Told.Add((fromLeg, new NumberedSignal(number, signal)));
            return ValueTask.FromResult<long?>(number);
        }
    }

    public ValueTask<NumberedSignal[]> SignalsAsync(Guid callId, Guid forLeg, long after, CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_calls.GetValueOrDefault(callId) is not { } row
                ? []
                : row.Told.Where(told => told.From != forLeg && told.Signal.Number > after).Select(told => told.Signal).ToArray());
        }
    }

    private static bool IsDue(Call call, long now) =>
        now >= call.CallerLeg.Until || (call.State == CallState.Ringing ? now >= call.RingUntil : now >= call.CalleeLeg!.Until);

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
            _calls[call.Id].Told.Clear();
        }
    }

    private sealed class Row
    {
        public required Call Call { get; set; }

        public List<(Guid From, NumberedSignal Signal)> Told { get; } = [];

        public long Numbers { get; set; }
    }
}
