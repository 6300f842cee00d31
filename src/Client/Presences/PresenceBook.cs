namespace ModularChat.Client.Presences;

/// <summary>Whom the application wants to know of, and what is known.</summary>
internal sealed class PresenceBook(EventHub events, TimeProvider time)
{
    /// <summary>The shortest time between two words to the server that its user does something.</summary>
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Presence> _known = [];
    /// <summary>Known from an earlier connection: its server may have been another, with another clock.</summary>
    private readonly HashSet<Guid> _earlier = [];
    private PresenceWatch? _wanted;
    private bool _isSent, _isAsked, _isActive;
    private long _frameId, _notBefore, _saidAt;

    public PresenceWatch? Wanted
    {
        get
        {
            lock (_gate)
            {
                return _wanted;
            }
        }
    }

    public Presence? Find(Guid userId)
    {
        lock (_gate)
        {
            return _known.GetValueOrDefault(userId);
        }
    }

    public void Want(PresenceWatch watch)
    {
        lock (_gate)
        {
            _wanted = watch;
            _isSent = false;
            // Whoever is not watched any more is not known any more.
            _isAsked = true;
        }
    }

    /// <summary>The watch that has to be sent now, under this frame id.</summary>
    public PresenceWatch? Next(long frameId)
    {
        lock (_gate)
        {
            if (_wanted is null || _isSent || (_notBefore != 0 && time.GetTimestamp() < _notBefore))
            {
                return null;
            }
            (_isSent, _frameId, _notBefore) = (true, frameId, 0);
            return _wanted;
        }
    }

    /// <summary>The connection is gone: the next one watches nobody yet.</summary>
    public void Lost()
    {
        lock (_gate)
        {
            (_isSent, _frameId) = (false, 0);
            _earlier.UnionWith(_known.Keys);
        }
    }

    /// <summary>True when the refused frame was a watch.</summary>
    public bool Refused(long frameId, ChatProblem problem)
    {
        lock (_gate)
        {
            if (frameId != _frameId || frameId == 0)
            {
                return false;
            }
            _frameId = 0;
            if (problem.Retryable)
            {
                _isSent = false;
                _notBefore = time.GetTimestamp() + (long)((problem.RetryAfterMs ?? 1000) / 1000.0 * time.TimestampFrequency);
                return true;
            }
        }
        events.Publish(new WatchRefused(problem));
        return true;
    }

    /// <summary>A frame: those of a connection come in order, and what the first says holds.</summary>
    public void Told(IReadOnlyList<Presence> users, IReadOnlyList<GroupPresence> groups)
    {
        lock (_gate)
        {
            if (_isAsked && _isSent)
            {
                _known.Clear();
                _earlier.Clear();
                _isAsked = false;
            }
            foreach (var user in users)
            {
                _known[user.UserId] = user;
                _earlier.Remove(user.UserId);
            }
        }
        Publish(users);
        foreach (var group in groups)
        {
            events.Publish(new GroupPresenceReceived(group));
        }
    }

    /// <summary>An answer to a request, which may have been overtaken by a frame.</summary>
    public void Answered(IReadOnlyList<Presence> users)
    {
        List<Presence> changed = [];
        lock (_gate)
        {
            foreach (var user in users)
            {
                var known = _known.GetValueOrDefault(user.UserId);
                if (known is null || user.AsOf >= known.AsOf || _earlier.Remove(user.UserId))
                {
                    _known[user.UserId] = user;
                    if (known is null || user with { AsOf = known.AsOf } != known)
                    {
                        changed.Add(user);
                    }
                }
            }
        }
        Publish(changed);
    }

    /// <summary>Notes that the user does something; true when the server has not heard of it for a while.</summary>
    public bool ReportActivity()
    {
        lock (_gate)
        {
            _isActive = true;
            return _saidAt == 0 || time.GetElapsedTime(_saidAt) >= Often;
        }
    }

    /// <summary>Whether the user has done something since the last call.</summary>
    public bool TakeActivity()
    {
        lock (_gate)
        {
            var isActive = _isActive;
            if (isActive)
            {
                (_isActive, _saidAt) = (false, time.GetTimestamp());
            }
            return isActive;
        }
    }

    private void Publish(IReadOnlyList<Presence> users)
    {
        foreach (var user in users)
        {
            events.Publish(new PresenceChanged(user));
        }
    }
}
