using MediatR;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Versions;

/// <summary>The versions of a user's general data. They rise in the transaction of the change, so a version that a client has seen stands for all that it says.</summary>
internal static class DataVersions
{
    public const string Profile = "profile", Settings = "settings", Friends = "friends", Blocks = "blocks", Devices = "devices", Drafts = "drafts";

    public static async Task<long> BumpAsync(this IdentityDb db, Guid userId, string subject, List<INotification> events, CancellationToken token)
    {
        var row = await db.Versions.AsTracking().SingleOrDefaultAsync(version => version.UserId == userId && version.Subject == subject, token);
        if (row is null)
        {
            row = new VersionRow { UserId = userId, Subject = subject };
            db.Versions.Add(row);
        }
        row.Version++;
        await db.SaveChangesAsync(token);
        events.Add(new UserDataChanged(userId, subject, row.Version, IsQuiet: subject == Drafts));
        return row.Version;
    }
}

internal sealed class GetDataVersionsHandler(IdentityStore store) : IRequestHandler<GetDataVersions, Dictionary<string, long>>
{
    public Task<Dictionary<string, long>> Handle(GetDataVersions request, CancellationToken cancellationToken) =>
        store.ReadAsync(
            request.UserId,
            db => db.Versions.Where(row => row.UserId == request.UserId).ToDictionaryAsync(row => row.Subject, row => row.Version, StringComparer.Ordinal, cancellationToken),
            cancellationToken);
}
