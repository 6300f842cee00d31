using MediatR;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Sessions;

/// <summary>Reads what was written last: whoever asks takes away what belongs to a device that is not in the answer.</summary>
internal sealed class LiveDevicesHandler(IdentityStore store, TimeProvider time) : IRequestHandler<ListLiveDevices, LiveDevices[]>
{
    private const int Most = 1_000;

    public async Task<LiveDevices[]> Handle(ListLiveDevices request, CancellationToken cancellationToken)
    {
        if (request.UserIds.Length > Most)
        {
            throw ChatException.TooLong("userIds", Most, "users");
        }
        var now = time.GetUtcNow();
        var found = await store.ReadEachAsync(
            request.UserIds,
            (db, users) => db.Sessions.Where(session => users.Contains(session.UserId) && session.ExpiresAt > now).Select(session => new { session.UserId, session.DeviceId }).ToListAsync(cancellationToken),
            cancellationToken);
        return [.. found.GroupBy(one => one.UserId).Select(one => new LiveDevices(one.Key, [.. one.Select(session => session.DeviceId).Distinct()]))];
    }
}
