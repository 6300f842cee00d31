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
    private readonly ConcurrentDictionary<Guid, long> _ticks = new();

    public void Note(Guid sessionId, DateTimeOffset now) => _ticks[sessionId] = now.UtcTicks;

    public void Forget(Guid sessionId) => _ticks.TryRemove(sessionId, out _);

    public DateTimeOffset Of(Guid sessionId, DateTimeOffset stored) =>
        _ticks.TryGetValue(sessionId, out var ticks) && ticks > stored.UtcTicks ? new DateTimeOffset(ticks, TimeSpan.Zero) : stored;

    public async Task WriteSilentAsync(DateTimeOffset now, CancellationToken token)
    {
        foreach (var seen in _ticks)
        {
            var at = new DateTimeOffset(seen.Value, TimeSpan.Zero);
            if (now - at >= Silent)
            {
                await store.WriteAsync(
                    db => db.Sessions.Where(session => session.Id == seen.Key && session.LastUsedAt < at)
                        .ExecuteUpdateAsync(set => set.SetProperty(session => session.LastUsedAt, at), token),
                    token);
                _ticks.TryRemove(seen);
            }
        }
    }
}
