using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using ModularChat.Identity.Names;
using ModularChat.Identity.Relations;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Storage;

/// <summary>
/// Brings databases up to one another. A change over several of them commits in one after the other and leaves a note in the
/// first; whoever finds the note, on whichever node, does the rest again. That changes nothing when it was done.
/// </summary>
internal sealed partial class Repair(Databases databases, IdentityStore store, Changes changes, TimeProvider time, ILogger<Repair> logger)
{
    // Younger ones belong to changes that are under way; there is no harm in looking at them, but they would wait for each other.
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(10);

    private const int Most = 1000;

    public async Task RunAsync(CancellationToken token)
    {
        if (databases.All.Count == 1)
        {
            return;
        }
        var until = time.GetUtcNow() - Age;
        var notes = await store.ReadAllAsync(db => db.Notes.Where(note => note.CreatedAt <= until).OrderBy(note => note.CreatedAt).Take(Most).ToListAsync(token), token);
        foreach (var same in notes.GroupBy(note => (note.UserId, note.OtherId)))
        {
            try
            {
                await (same.Key.OtherId is { } otherId ? RepairAsync(same.Key.UserId, otherId, token) : RepairAsync(same.Key.UserId, token));
                // Only now: a crash on the way leaves the notes where they are.
                var done = same.Select(note => note.Id).ToArray();
                await store.WriteAsync(Scope.Of(same.Key.UserId), work => work.Of(same.Key.UserId).Notes.Where(note => done.Contains(note.Id)).ExecuteDeleteAsync(token), token);
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private Task RepairAsync(Guid low, Guid high, CancellationToken token) =>
        changes.MakeAsync(
            Scope.Of(low, high),
            async (work, events) =>
            {
                if (await People.MirrorAsync(work, low, high, null, token))
                {
                    // Whoever has read the old copy reads again.
                    await work.Of(high).BumpAsync(high, DataVersions.Friends, events, token);
                    await work.Of(high).BumpAsync(high, DataVersions.Blocks, events, token);
                    Log.Repaired(logger);
                }
            },
            token);

    private Task RepairAsync(Guid userId, CancellationToken token) =>
        changes.MakeAsync(
            Scope.Of(userId).AndDirectory(),
            async (Work work, List<INotification> _) =>
            {
                var db = work.Of(userId);
                var user = await db.Users.SingleOrDefaultAsync(row => row.Id == userId, token);
                if (user is not null && !await DisplayNames.MirrorAsync(work.Directory, user, token))
                {
                    // The directory, which decides, has never heard of this account: nobody was told that it exists.
                    await db.Sessions.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
                    await db.Versions.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
                    await db.Users.Where(row => row.Id == userId).ExecuteDeleteAsync(token);
                    Log.Repaired(logger);
                }
            },
            token);

    private static partial class Log
    {
        [LoggerMessage(1203, LogLevel.Error, "What an interrupted change has left in one of the databases of accounts could not be completed; the next attempt is in 10 seconds")]
        public static partial void Failed(ILogger logger, Exception e);

        [LoggerMessage(1204, LogLevel.Warning, "An interrupted change over two databases of accounts was completed")]
        public static partial void Repaired(ILogger logger);
    }
}
