using ModularChat.Client.Presences;

namespace ModularChat.Client;

/// <summary>Who is there.</summary>
public sealed partial class ChatClient
{
    private readonly PresenceBook _presences;

    /// <summary>What is known of a user; null when nothing is. After a break it is what was known before, until the server says otherwise.</summary>
    public Presence? FindPresence(Guid userId) => _presences.Find(userId);

    /// <summary>
    /// Says whose presence is wanted from now on, instead of what was wanted before; holds over all reconnects. It comes as <see cref="PresenceChanged"/>, the
    /// present state of everybody first. A refusal comes as <see cref="WatchRefused"/>.
    /// </summary>
    public void WatchPresence(PresenceWatch watch)
    {
        _presences.Want(watch);
        Pump();
    }

    /// <summary>Says that the user has just done something with this client. Call it as often as you like: what it costs is a word in the next heartbeat.</summary>
    public void ReportActivity()
    {
        if (_presences.ReportActivity() && State == ConnectionState.Live)
        {
            _link?.Beat();
        }
    }

    /// <summary>Sets what others see: online (automatic), away, dnd or invisible, and the status. What is null stays.</summary>
    /// <exception cref="ChatProblemException">The server refused it.</exception>
    public async Task<Presence> SetPresenceAsync(PresenceState? state = null, PresenceStatus? status = null, CancellationToken token = default)
    {
        var own = await Api.SetPresenceAsync(state, status, token);
        _presences.Answered([own]);
        return own;
    }

    /// <summary>Leaves on purpose: this device counts as gone at once, and not only when the server has waited for it. Then closes.</summary>
    public async Task GoodbyeAsync(CancellationToken token = default)
    {
        if (_link is { } link && State == ConnectionState.Live)
        {
            await link.GoodbyeAsync(token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await DisposeAsync();
    }
}
