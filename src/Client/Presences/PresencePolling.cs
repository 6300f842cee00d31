using ModularChat.Client.Folding;

namespace ModularChat.Client.Presences;

/// <summary>Presence for a client that only polls: it asks for whom it watches. Groups that are too large for that are left out.</summary>
internal sealed class PresencePolling(ChatApi api, Replica replica, PresenceBook book, TimeProvider time)
{
    private const int MostUsers = 200;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10), FriendsLife = TimeSpan.FromMinutes(1);

    private IReadOnlyList<Guid> _friends = [];
    private long _askedAt, _friendsAt;
    private int _asking;

    /// <summary>Asks when it is time and no other asking is under way.</summary>
    public void Tick(bool now, CancellationToken token)
    {
        if (book.Wanted is { } watch && (now || _askedAt == 0 || time.GetElapsedTime(_askedAt) >= Period) && Interlocked.Exchange(ref _asking, 1) == 0)
        {
            _askedAt = time.GetTimestamp();
            _ = AskAsync(watch, token);
        }
    }

    private async Task AskAsync(PresenceWatch watch, CancellationToken token)
    {
        try
        {
            var users = await UsersAsync(watch, token);
            if (users.Count > 0)
            {
                book.Answered(await api.GetPresenceAsync(users, token));
            }
        }
        catch (Exception failed) when (failed is ChatProblemException or HttpRequestException or OperationCanceledException)
        {
            // The next time is soon.
        }
        finally
        {
            Volatile.Write(ref _asking, 0);
        }
    }

    private async Task<List<Guid>> UsersAsync(PresenceWatch watch, CancellationToken token)
    {
        IEnumerable<Guid> users = watch.UserIds ?? [];
        foreach (var conversation in watch.ConversationIds ?? [])
        {
            users = users.Concat(Members(replica.Find(conversation)?.State));
        }
        if (watch.Contacts)
        {
            var directs = replica.All().Select(one => one.State).Where(state => state.Kind == ConversationKind.Direct).SelectMany(Members);
            users = users.Append(replica.Me).Concat(directs).Concat(await FriendsAsync(token));
        }
        return [.. users.Distinct().Take(MostUsers)];
    }

    private async Task<IReadOnlyList<Guid>> FriendsAsync(CancellationToken token)
    {
        if (_friendsAt == 0 || time.GetElapsedTime(_friendsAt) >= FriendsLife)
        {
            _friends = [.. (await api.GetFriendsAsync(token)).Select(friend => friend.Id)];
            _friendsAt = time.GetTimestamp();
        }
        return _friends;
    }

    private static IEnumerable<Guid> Members(ConversationState? state) => state?.Members?.Select(member => member.UserId) ?? [];
}
