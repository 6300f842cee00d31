using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Sessions;

/// <summary>
/// When each session was last used, exactly. The store hears of it once an hour, so that a device that is always on costs no writes; what
/// has fallen silent is written down by the sweep. A server that is killed goes back to what the store knows.
/// </summary>
internal sealed class LastSeen(IdentityStore store)
{
    private static readonly TimeSpan Silent = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<Guid, (Guid UserId, long Ticks)> _seen = new();

    public void Note(Guid userId, Guid sessionId, DateTimeOffset now) => _seen[sessionId] = (userId, now.UtcTicks);

    public void Forget(Guid sessionId) => _seen.TryRemove(sessionId, out _);

    public DateTimeOffset Of(Guid sessionId, DateTimeOffset stored) =>
        _seen.TryGetValue(sessionId, out var seen) && seen.Ticks > stored.UtcTicks ? new DateTimeOffset(seen.Ticks, TimeSpan.Zero) : stored;

    public async Task WriteSilentAsync(DateTimeOffset now, CancellationToken token)
    {
        foreach (var seen in _seen)
        {
            var at = new DateTimeOffset(seen.Value.Ticks, TimeSpan.Zero);
            if (now - at >= Silent)
            {
                await store.WriteAsync(
                    Scope.Of(seen.Value.UserId),
                    work => work.Of(seen.Value.UserId).Sessions.Where(session => session.Id == seen.Key && session.LastUsedAt < at)
                        .ExecuteUpdateAsync(set => set.SetProperty(session => session.LastUsedAt, at), token),
                    token);
                _seen.TryRemove(seen);
            }
        }
    }
}
