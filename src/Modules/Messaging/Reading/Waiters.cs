using ModularChat.Contracts;

namespace ModularChat.Messaging.Reading;

/// <summary>The long polls that wait on this server, by user.</summary>
internal sealed class Waiters
{
    /// <summary>Most long polls that wait for one user.</summary>
    public const int LimitPerUser = 16;

    private const int RememberedSessions = 4_096;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, List<Waiter>> byUser = [];
    private readonly HashSet<Guid> ended = [];
    private readonly Queue<Guid> endedInOrder = new();
    private int count;
    private bool stopped;

    /// <summary>How many wait now.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Begins to wait; disposing ends it.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.RateLimited"/> above <see cref="LimitPerUser"/>.</exception>
    public Waiter Enter(Guid userId, Guid? sessionId)
    {
        lock (gate)
        {
            if (sessionId is { } session && ended.Contains(session))
            {
                // It ended between the look at the credentials and this.
                throw SessionOver();
            }
            if (!byUser.TryGetValue(userId, out var waiting))
            {
                byUser[userId] = waiting = [];
            }
            if (waiting.Count >= LimitPerUser)
            {
                throw new ChatException(ProblemCodes.RateLimited, $"{LimitPerUser} long polls of this user are waiting already.") { Limit = LimitPerUser, RetryAfter = RetryAfter };
            }
            var waiter = new Waiter(this, userId, sessionId);
            if (stopped)
            {
                waiter.EndWait();
            }
            waiting.Add(waiter);
            count++;
            return waiter;
        }
    }

    /// <summary>Something may be there for these users.</summary>
    public void Wake(ReadOnlySpan<Guid> userIds)
    {
        if (Count == 0)
        {
            return;
        }
        lock (gate)
        {
            foreach (var userId in userIds)
            {
                if (byUser.TryGetValue(userId, out var waiting))
                {
                    waiting.ForEach(static waiter => waiter.Wake());
                }
            }
        }
    }

    /// <summary>Something may be there for everybody.</summary>
    public void WakeAll()
    {
        lock (gate)
        {
            foreach (var waiting in byUser.Values)
            {
                waiting.ForEach(static waiter => waiter.Wake());
            }
        }
    }

    /// <summary>Ends what waits in a session that is over.</summary>
    public void EndSession(Guid userId, Guid sessionId)
    {
        lock (gate)
        {
            if (ended.Add(sessionId))
            {
                endedInOrder.Enqueue(sessionId);
                if (endedInOrder.Count > RememberedSessions)
                {
                    ended.Remove(endedInOrder.Dequeue());
                }
            }
            foreach (var waiter in byUser.GetValueOrDefault(userId) ?? [])
            {
                if (waiter.SessionId == sessionId)
                {
                    waiter.Fail(SessionOver());
                }
            }
        }
    }

    /// <summary>Lets what waits for a user answer now, though there may be no more than new versions.</summary>
    public void Answer(Guid userId)
    {
        if (Count == 0)
        {
            return;
        }
        lock (gate)
        {
            (byUser.GetValueOrDefault(userId) ?? []).ForEach(static waiter => waiter.EndWait());
        }
    }

    /// <summary>The server stops: all are answered now, with what there is, and their clients ask elsewhere.</summary>
    public void Stop()
    {
        lock (gate)
        {
            stopped = true;
            foreach (var waiting in byUser.Values)
            {
                waiting.ForEach(static waiter => waiter.EndWait());
            }
        }
    }

    public void Leave(Waiter waiter)
    {
        lock (gate)
        {
            if (byUser.TryGetValue(waiter.UserId, out var waiting) && waiting.Remove(waiter))
            {
                count--;
                if (waiting.Count == 0)
                {
                    byUser.Remove(waiter.UserId);
                }
            }
        }
    }

    private static ChatException SessionOver() => new(ProblemCodes.Unauthorized, "The session has ended.");
}
