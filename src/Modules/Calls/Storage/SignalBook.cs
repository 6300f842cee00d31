using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Storage;

/// <summary>What the ends of a call or room have told each other and may still need: bounded for each pair. Not for several threads at once.</summary>
/// <param name="last">The number before the first.</param>
internal sealed class SignalBook(long last)
{
    private const int Restarts = 3;

    private readonly List<Told> _told = [];
    private long _last = last;

    /// <summary>The number of the last.</summary>
    public long Last => _last;

    /// <summary>Adds a signal; null when it has too many candidates with those since the last description.</summary>
    /// <param name="from">Who tells it.</param>
    /// <param name="to">Who is told; null: whoever else is there.</param>
    /// <param name="epoch">The epoch it belongs to.</param>
    /// <param name="signal">What.</param>
    /// <param name="maxCandidates">How many candidates may follow a description.</param>
    public long? Add(Guid? from, Guid? to, long epoch, CallSignal signal, int maxCandidates)
    {
        if (signal.Kind is SignalKind.Offer or SignalKind.Answer)
        {
            _told.RemoveAll(IsOfPair);
        }
        else if (signal.Kind == SignalKind.Restart)
        {
            if (_told.Count(told => IsOfPair(told) && told.Signal.Kind == SignalKind.Restart) >= Restarts)
            {
                _told.RemoveAt(_told.FindIndex(told => IsOfPair(told) && told.Signal.Kind == SignalKind.Restart));
            }
        }
        else if (_told.Where(told => IsOfPair(told)).Sum(told => told.Signal.Candidates?.Length ?? 0) + signal.Candidates!.Length > maxCandidates)
        {
            return null;
        }
        _told.Add(new Told(++_last, epoch, from, to, signal));
        return _last;

        bool IsOfPair(Told told) => told.From == from && told.To == to;
    }

    /// <summary>What an end was told after a number, in order.</summary>
    public IEnumerable<RoomSignal> For(Guid leg, long after) => _told
        .Where(told => told.Number > after && told.From != leg && (told.To is null || told.To == leg))
        .Select(told => new RoomSignal(told.Number, told.Epoch, told.From, told.Signal));

    /// <summary>Forgets what is of no use to those who are there now.</summary>
    public void Keep(IReadOnlyCollection<Guid> legs, long epoch) =>
        _told.RemoveAll(told => told.Epoch < epoch || (told.From is { } from && !legs.Contains(from)) || (told.To is { } to && to != Guid.Empty && !legs.Contains(to)));

    public void Clear() => _told.Clear();

    private sealed record Told(long Number, long Epoch, Guid? From, Guid? To, CallSignal Signal);
}
