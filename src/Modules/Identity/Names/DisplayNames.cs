using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Names;

/// <summary>A display name lies with its user, and in a form for searching in the directory.</summary>
internal static class DisplayNames
{
    public static async Task ChangeAsync(Work work, UserRow user, string displayName, DateTimeOffset now, CancellationToken token)
    {
        user.DisplayName = displayName;
        user.NormalizedDisplayName = UserNames.Normalize(displayName);
        work.Note(user.Id, null, now);
        await MirrorAsync(work.Directory, user, token);
    }

    /// <summary>Makes the directory say what the user's row says; false when it does not know the user.</summary>
    public static async Task<bool> MirrorAsync(IdentityDb directory, UserRow user, CancellationToken token) =>
        await directory.Names.Where(name => name.UserId == user.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(name => name.NormalizedDisplayName, user.NormalizedDisplayName), token) > 0;
}
