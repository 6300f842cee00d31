using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Sessions;

internal sealed record DeviceInfo(Guid Id, string Name, string Platform, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, bool IsCurrent, string? Region);

internal sealed record DevicesAnswer(DeviceInfo[] Devices);

/// <summary>Where a user is logged in.</summary>
internal sealed class Devices(Changes changes, IdentityStore store, LastSeen lastSeen, TimeProvider time)
{
    public async Task<DevicesAnswer> ListAsync(Caller caller, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var rows = await store.ReadAsync(
            caller.UserId, db => db.Sessions.Where(session => session.UserId == caller.UserId && session.ExpiresAt > now).ToListAsync(token), token);
        var devices = rows.Select(session => new DeviceInfo(
            session.DeviceId, session.DeviceName, session.Platform, session.CreatedAt, lastSeen.Of(session.Id, session.LastUsedAt),
            session.Id == caller.SessionId, session.Region));
        return new DevicesAnswer([.. devices.OrderByDescending(device => device.LastUsedAt)]);
    }

    public async Task SignOutAsync(Guid userId, Guid deviceId, CancellationToken token)
    {
        var ended = await changes.MakeAsync(
            Scope.Of(userId), (work, events) => SessionIssue.EndAsync(work.Of(userId), userId, session => session.DeviceId == deviceId, events, token), token);
        if (ended == 0)
        {
            throw new ChatException(ProblemCodes.NotFound, "The caller has no such device.");
        }
    }

    /// <summary>Ends the caller's own session.</summary>
    public Task LogOutAsync(Caller caller, CancellationToken token) =>
        changes.MakeAsync(
            Scope.Of(caller.UserId), (work, events) => SessionIssue.EndAsync(work.Of(caller.UserId), caller.UserId, session => session.Id == caller.SessionId, events, token), token);
}
