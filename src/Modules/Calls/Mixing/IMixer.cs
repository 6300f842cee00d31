using ModularChat.Calls.Rooms;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Mixing;

/// <summary>A server that mixes the sound of rooms. Narrow, so that another one can stand behind it.</summary>
internal interface IMixer
{
    /// <summary>Makes a room on it.</summary>
    /// <exception cref="MixerLostException">It does not answer, or does not want to.</exception>
    Task<MixerPlace> OpenAsync(string url, Guid roomId, CancellationToken token);

    /// <summary>Takes the room and everything in it away.</summary>
    Task CloseAsync(MixerPlace place, CancellationToken token);

    /// <summary>Makes a line for somebody, and lets them into the room.</summary>
    Task<Line> AttachAsync(MixerPlace place, Guid legId, bool isSilenced, CancellationToken token);

    /// <summary>Takes a line away.</summary>
    Task DetachAsync(MixerPlace place, Guid legId, Line line, CancellationToken token);

    /// <summary>Gives the mixer the description of the other side of a line; its answer is an event.</summary>
    Task OfferAsync(MixerPlace place, Line line, string sdp, CancellationToken token);

    /// <summary>Gives the mixer addresses of the other side of a line.</summary>
    Task AddCandidatesAsync(MixerPlace place, Line line, IceCandidate[] candidates, CancellationToken token);

    /// <summary>Leaves what comes over a line out of the mix, or takes it in.</summary>
    Task SilenceAsync(MixerPlace place, Line line, bool isSilenced, CancellationToken token);

    /// <summary>Before one listens where perhaps another did, who is gone: what happens first might be told to that one still.</summary>
    Task TakeOverAsync(MixerPlace place, CancellationToken token);

    /// <summary>Waits for what happens on the lines of a room; none after half a minute without.</summary>
    Task<MixerEvent[]> ListenAsync(MixerPlace place, CancellationToken token);

    /// <summary>Takes away those of our rooms that nobody is in, and that are said to be nobody's.</summary>
    /// <returns>How many.</returns>
    Task<int> SweepAsync(string url, Predicate<long> isNobodys, CancellationToken token);
}

/// <summary>What happened on a line.</summary>
internal enum MixerEventKind
{
    /// <summary>The mixer's description.</summary>
    Answer,

    /// <summary>The mixer's addresses.</summary>
    Candidates,

    /// <summary>The connection ended.</summary>
    Lost,

    /// <summary>The mixer did not want what it was told.</summary>
    Refused,

    /// <summary>The room is no longer there.</summary>
    NoRoom,
}

/// <summary>What happened on a line of a room.</summary>
/// <param name="Handle">The line.</param>
/// <param name="Kind">What.</param>
/// <param name="Sdp">The answer.</param>
/// <param name="Candidates">The addresses.</param>
/// <param name="Reason">Why, as far as the mixer says.</param>
internal sealed record MixerEvent(long Handle, MixerEventKind Kind, string? Sdp = null, IceCandidate[]? Candidates = null, string? Reason = null);

/// <summary>The mixer does not answer, or has forgotten.</summary>
/// <param name="what">What is lost.</param>
/// <param name="message">Why.</param>
/// <param name="inner">What went wrong underneath.</param>
internal sealed class MixerLostException(MixerLoss what, string message, Exception? inner = null) : Exception(message, inner)
{
    public MixerLoss What { get; } = what;
}

/// <summary>What of a mixer is lost.</summary>
internal enum MixerLoss
{
    /// <summary>It cannot be reached now.</summary>
    Reach,

    /// <summary>It does not know our session, and with it the room's lines.</summary>
    Session,

    /// <summary>It does not know the line.</summary>
    Line,

    /// <summary>It did not want it.</summary>
    Refused,
}
