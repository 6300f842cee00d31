using MediatR;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Relations;

internal sealed class GetAudiencesHandler(IdentityStore store) : IRequestHandler<GetAudiences, Audience[]>
{
    private const int Most = 1000;

    public async Task<Audience[]> Handle(GetAudiences request, CancellationToken cancellationToken) =>
        request.UserIds.Length > Most
            ? throw ChatException.TooLong("userIds", Most, "users")
            : [.. await store.ReadEachAsync(request.UserIds, (db, ids) => ReadAsync(db, ids, cancellationToken), cancellationToken)];

    private static async Task<List<Audience>> ReadAsync(IdentityDb db, Guid[] ids, CancellationToken token)
    {
        var users = await db.Users.Where(user => ids.Contains(user.Id)).Select(user => user.Id).ToListAsync(token);
        var presence = await db.Settings.Where(settings => ids.Contains(settings.UserId)).ToDictionaryAsync(settings => settings.UserId, settings => settings.PresenceVisibility, token);
        var friendships = await db.Friendships.Where(row => row.IsAccepted && (ids.Contains(row.LowId) || ids.Contains(row.HighId)))
            .Select(row => new { One = row.LowId, Other = row.HighId }).ToListAsync(token);
        var blocks = await db.Blocks.Where(row => ids.Contains(row.UserId) || ids.Contains(row.OtherId))
            .Select(row => new { One = row.UserId, Other = row.OtherId }).ToListAsync(token);
        var friends = friendships.SelectMany(row => Both(row.One, row.Other)).ToLookup(pair => pair.Of, pair => pair.Other);
        var blocked = blocks.SelectMany(row => Both(row.One, row.Other)).ToLookup(pair => pair.Of, pair => pair.Other);
        return users.ConvertAll(id => new Audience(id, presence.GetValueOrDefault(id), [.. friends[id]], [.. blocked[id].Distinct()]));
    }

    private static IEnumerable<(Guid Of, Guid Other)> Both(Guid one, Guid other) => [(one, other), (other, one)];
}
