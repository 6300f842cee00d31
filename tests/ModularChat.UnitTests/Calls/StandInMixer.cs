using System.Collections.Concurrent;
using System.Threading.Channels;
using ModularChat.Calls.Mixing;
using ModularChat.Calls.Rooms;
using ModularChat.Contracts.Calls;

namespace ModularChat.UnitTests.Calls;

/// <summary>Mixers that only note what they are told, and are lost when a test says so.</summary>
internal sealed class StandInMixer : IMixer
{
    private readonly ConcurrentDictionary<long, (string Url, Channel<MixerEvent> Events)> _sessions = new();
    private readonly ConcurrentQueue<string> _done = new();
    private readonly ConcurrentQueue<int> _takenOver = new();
    private long _last;

    public HashSet<string> Away { get; } = new(StringComparer.Ordinal);

    /// <summary>What was done, in order.</summary>
    public string[] Done => [.. _done];

    /// <summary>How much was done when a session was taken over.</summary>
    public int[] TakenOver => [.. _takenOver];

    public int Sessions => _sessions.Count;

    public void Happens(MixerPlace place, MixerEvent what) => _sessions[place.Session].Events.Writer.TryWrite(what);

    /// <summary>A mixer forgets everything.</summary>
    public void Kill(string url)
    {
        foreach (var (id, session) in _sessions.Where(one => one.Value.Url == url))
        {
            _sessions.TryRemove(id, out _);
            session.Events.Writer.TryComplete(new MixerLostException(MixerLoss.Session, "forgotten"));
        }
    }

    public Task<MixerPlace> OpenAsync(string url, Guid roomId, CancellationToken token)
    {
        if (Away.Contains(url))
        {
            throw new MixerLostException(MixerLoss.Reach, "away");
        }
        var id = Interlocked.Increment(ref _last);
        _sessions[id] = (url, Channel.CreateUnbounded<MixerEvent>());
        _done.Enqueue($"open {url}");
        return Task.FromResult(new MixerPlace(url, id, id, 1_000 + id));
    }

    public Task CloseAsync(MixerPlace place, CancellationToken token)
    {
        _done.Enqueue($"close {place.Url}");
        if (_sessions.TryRemove(place.Session, out var session))
        {
            session.Events.Writer.TryComplete(new MixerLostException(MixerLoss.Session, "closed"));
        }
        return Task.CompletedTask;
    }

    public Task<Line> AttachAsync(MixerPlace place, Guid legId, bool isSilenced, CancellationToken token)
    {
        var line = new Line(Interlocked.Increment(ref _last), Interlocked.Increment(ref _last));
        return Told(place, "attach", line);
    }

    public Task DetachAsync(MixerPlace place, Guid legId, Line line, CancellationToken token) => Told(place, "detach", line);

    public Task OfferAsync(MixerPlace place, Line line, string sdp, CancellationToken token)
    {
        Happens(place, new MixerEvent(line.Handle, MixerEventKind.Answer, sdp));
        return Told(place, "offer", line);
    }

    public Task AddCandidatesAsync(MixerPlace place, Line line, IceCandidate[] candidates, CancellationToken token) => Told(place, "candidates", line);

    public Task SilenceAsync(MixerPlace place, Line line, bool isSilenced, CancellationToken token) => Told(place, isSilenced ? "silence" : "hear", line);

    public Task TakeOverAsync(MixerPlace place, CancellationToken token)
    {
        _takenOver.Enqueue(_done.Count);
        return Task.CompletedTask;
    }

    public async Task<MixerEvent[]> ListenAsync(MixerPlace place, CancellationToken token)
    {
        if (!_sessions.TryGetValue(place.Session, out var session))
        {
            throw new MixerLostException(MixerLoss.Session, "unknown");
        }
        try
        {
            return [await session.Events.Reader.ReadAsync(token)];
        }
        catch (ChannelClosedException)
        {
            throw new MixerLostException(MixerLoss.Session, "forgotten");
        }
    }

    public Task<int> SweepAsync(string url, Predicate<long> isNobodys, CancellationToken token) =>
        Task.FromResult(_sessions.Where(one => one.Value.Url == url && isNobodys(1_000 + one.Key)).Count(one => _sessions.TryRemove(one.Key, out _)));

    private Task<Line> Told(MixerPlace place, string what, Line line)
    {
        if (!_sessions.ContainsKey(place.Session))
        {
            throw new MixerLostException(MixerLoss.Session, "unknown");
        }
        _done.Enqueue(what);
        return Task.FromResult(line);
    }
}
