using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Profiles;

/// <summary>
/// A search by the beginning of a name: the directory says who could be meant, a page after the other, the caller's own database who
/// of them has blocked the caller, and the databases of those who are left how they present themselves.
/// </summary>
internal sealed class UserSearch(Reads store, Guid callerId, string first, int count)
{
    // The range that the index walks: everything from the prefix up to the last that begins with it.
    private readonly string _last = first + char.ConvertFromUtf32(0x10FFFF);
    private readonly List<Guid> _found = [];

    public async Task<UsersAnswer> RunAsync(CancellationToken token)
    {
        await PagesAsync(
            db => db.Names.Where(name => name.NormalizedUserName.CompareTo(first) >= 0 && name.NormalizedUserName.CompareTo(_last) < 0)
                .OrderBy(name => name.NormalizedUserName),
            token);
        if (_found.Count < count)
        {
            await PagesAsync(
                db => db.Names.Where(name => name.NormalizedDisplayName.CompareTo(first) >= 0 && name.NormalizedDisplayName.CompareTo(_last) < 0)
                    .OrderBy(name => name.NormalizedDisplayName).ThenBy(name => name.NormalizedUserName),
                token);
        }
        var users = (await store.ReadUsersAsync(_found, token)).ToDictionary(user => user.Id);
        return new UsersAnswer([.. _found.Where(users.ContainsKey).Select(id => users[id])]);
    }

    private async Task PagesAsync(Func<IdentityDb, IQueryable<NameRow>> all, CancellationToken token)
    {
        for (var skipped = 0; _found.Count < count; skipped += count)
        {
            var from = skipped;
            var page = await store.ReadDirectoryAsync(db => all(db).Select(name => name.UserId).Skip(from).Take(count).ToListAsync(token), token);
            var hidden = await store.ReadAsync(
                callerId,
                db => db.Blocks.Where(block => block.OtherId == callerId && page.Contains(block.UserId)).Select(block => block.UserId).ToListAsync(token),
                token);
            _found.AddRange(page.Except(hidden).Except(_found).Take(count - _found.Count).ToList());
            if (page.Count < count)
            {
                return;
            }
        }
    }
}
