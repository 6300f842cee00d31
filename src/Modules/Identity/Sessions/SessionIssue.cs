using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Identity.Accounts;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Sessions;

/// <summary>Begins and ends sessions inside a transaction.</summary>
internal sealed class SessionIssue(Databases databases, TimeProvider time, Regions regions, IOptions<IdentityOptions> options)
{
    // Without an origin when a server logs somebody in.
    public async Task<SessionInfo> BeginAsync(
        IdentityDb db, Guid userId, DeviceRequest device, Origin? origin, List<INotification> events, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var own = await db.Sessions.Where(session => session.UserId == userId).OrderByDescending(session => session.LastUsedAt).ToListAsync(token);
        var same = own.Find(session => session.DeviceId == device.Id);
        var over = own.Where(session => session != same).Skip(options.Value.MaxDevices - 1).ToList();
        await EndRowsAsync(db, same is null ? over : [same, .. over], events, token);

        var secret = NewToken(userId);
        var row = new SessionRow
        {
            Id = Ids.New(),
            UserId = userId,
            DeviceId = same?.DeviceId ?? Ids.New(),
            TokenHash = Tokens.Hash(secret),
            DeviceName = device.Name ?? "",
            Platform = device.Platform ?? "",
            CreatedAt = now,
            LastUsedAt = now,
            ExpiresAt = now.AddDays(options.Value.SessionDays),
            Region = regions.Of(origin?.Address),
        };
        db.Sessions.Add(row);
        await db.BumpAsync(userId, DataVersions.Devices, events, token);
        return new SessionInfo(secret, row.ExpiresAt, row.DeviceId);
    }

    /// <summary>Ends the sessions of a user, all or those that <paramref name="which"/> names; says how many.</summary>
    public static async Task<int> EndAsync(IdentityDb db, Guid userId, Func<SessionRow, bool> which, List<INotification> events, CancellationToken token)
    {
        var rows = (await db.Sessions.Where(session => session.UserId == userId).ToListAsync(token)).Where(which).ToList();
        if (rows.Count > 0)
        {
            await EndRowsAsync(db, rows, events, token);
            await db.BumpAsync(userId, DataVersions.Devices, events, token);
        }
        return rows.Count;
    }

    private string NewToken(Guid userId)
    {
        string token;
        do
        {
            token = Tokens.New(Tokens.Session);
        }
        while (!databases.LeadsTo(Tokens.Hash(token), userId));
        return token;
    }

    private static async Task EndRowsAsync(IdentityDb db, List<SessionRow> rows, List<INotification> events, CancellationToken token)
    {
        foreach (var row in rows)
        {
            // A statement of its own, before the new row: a device id is unique.
            await db.Sessions.Where(session => session.Id == row.Id).ExecuteDeleteAsync(token);
            events.Add(row.ToEnded());
        }
    }
}
