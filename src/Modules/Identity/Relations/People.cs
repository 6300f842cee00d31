using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Relations;

/// <summary>What friends and blocks share about two people.</summary>
internal static class People
{
    public static (Guid Low, Guid High) InOrder(Guid one, Guid other) => one.CompareTo(other) <= 0 ? (one, other) : (other, one);

    public static async Task CheckExistsAsync(Work work, Guid userId, CancellationToken token)
    {
        if (!await work.Of(userId).Users.AnyAsync(user => user.Id == userId, token))
        {
            throw new ChatException(ProblemCodes.NotFound, "There is no such user.");
        }
    }

    /// <summary>The database whose copy of the two's relation counts: a change reads there, and then calls <see cref="MirrorAsync"/>.</summary>
    public static IdentityDb Of(Work work, Guid one, Guid other) => work.Of(InOrder(one, other).Low);

    /// <summary>
    /// Makes the other copy say what the one that counts says; true when it did not. Doing it again changes nothing, so it also
    /// heals what a crash between the two has left.
    /// </summary>
    public static async Task<bool> MirrorAsync(Work work, Guid one, Guid other, DateTimeOffset? now, CancellationToken token)
    {
        var (low, high) = InOrder(one, other);
        var (counts, copy) = (work.Of(low), work.Of(high));
        await counts.SaveChangesAsync(token);
        if (counts == copy)
        {
            return false;
        }
        if (now is { } noted)
        {
            work.Note(low, high, noted);
        }
        var friendship = await FriendshipAsync(counts);
        var blocks = await BlocksAsync(counts);
        var (oldFriendship, oldBlocks) = (await FriendshipAsync(copy), await BlocksAsync(copy));
        if (IsSame(friendship, oldFriendship) && blocks.Select(Key).ToHashSet().SetEquals(oldBlocks.Select(Key)))
        {
            return false;
        }
        await copy.Friendships.Where(row => row.LowId == low && row.HighId == high).ExecuteDeleteAsync(token);
        await copy.Blocks.Where(row => (row.UserId == low && row.OtherId == high) || (row.UserId == high && row.OtherId == low)).ExecuteDeleteAsync(token);
        if (friendship is not null)
        {
            copy.Friendships.Add(friendship);
        }
        copy.Blocks.AddRange(blocks);
        await copy.SaveChangesAsync(token);
        return true;

        Task<FriendshipRow?> FriendshipAsync(IdentityDb db) =>
            db.Friendships.AsNoTracking().SingleOrDefaultAsync(row => row.LowId == low && row.HighId == high, token);

        Task<List<BlockRow>> BlocksAsync(IdentityDb db) =>
            db.Blocks.AsNoTracking().Where(row => (row.UserId == low && row.OtherId == high) || (row.UserId == high && row.OtherId == low)).ToListAsync(token);

        static (Guid, Guid) Key(BlockRow row) => (row.UserId, row.OtherId);
    }

    private static bool IsSame(FriendshipRow? one, FriendshipRow? other) =>
        (one?.RequestedBy, one?.IsAccepted, one?.ChangedAt) == (other?.RequestedBy, other?.IsAccepted, other?.ChangedAt);
}
