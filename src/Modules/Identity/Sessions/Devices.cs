using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Sessions;

internal sealed record DeviceInfo(Guid Id, string Name, string Platform, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, bool IsCurrent);

internal sealed record DevicesAnswer(DeviceInfo[] Devices);

/// <summary>Where a user is logged in.</summary>
internal sealed class Devices(Changes changes, IdentityStore store, TimeProvider time)
{
    public Task<DevicesAnswer> ListAsync(Caller caller, CancellationToken token)
    {
        var now = time.GetUtcNow();
        return store.ReadAsync(
            async db => new DevicesAnswer(await db.Sessions
                .Where(session => session.UserId == caller.UserId && session.ExpiresAt > now)
                .OrderByDescending(session => session.LastUsedAt)
                .Select(session => new DeviceInfo(
                    session.DeviceId, session.DeviceName, session.Platform, session.CreatedAt, session.LastUsedAt, session.Id == caller.SessionId))
                .ToArrayAsync(token)),
            token);
    }

    public async Task SignOutAsync(Guid userId, Guid deviceId, CancellationToken token)
    {
        var ended = await changes.MakeAsync(
            (db, events) => SessionIssue.EndAsync(db, userId, session => session.DeviceId == deviceId, events, token), token);
        if (ended == 0)
        {
            throw new ChatException(ProblemCodes.NotFound, "The caller has no such device.");
        }
    }

    /// <summary>Ends the caller's own session.</summary>
    public Task LogOutAsync(Caller caller, CancellationToken token) =>
        changes.MakeAsync(
            (db, events) => SessionIssue.EndAsync(db, caller.UserId, session => session.Id == caller.SessionId, events, token), token);
}
