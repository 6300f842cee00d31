using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Relations;

/// <summary>What friends and blocks share about two people.</summary>
internal static class People
{
    public static (Guid Low, Guid High) InOrder(Guid one, Guid other) => one.CompareTo(other) <= 0 ? (one, other) : (other, one);

    public static async Task CheckExistsAsync(IdentityDb db, Guid userId, CancellationToken token)
    {
        if (!await db.Users.AnyAsync(user => user.Id == userId, token))
        {
            throw new ChatException(ProblemCodes.NotFound, "There is no such user.");
        }
    }
}
