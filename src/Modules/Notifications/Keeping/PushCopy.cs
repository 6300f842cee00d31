using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using ModularChat.Notifications.Keys;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Keeping;

/// <summary>What a backup has of the module; rows as they are.</summary>
internal sealed record SavedPush(int Format, KeyRow[] Keys, SubscriptionRow[] Subscriptions, PreferenceRow[] Preferences, LevelRow[] Levels);

/// <summary>Saves, puts back, exports and erases.</summary>
internal sealed class PushCopy(PushStore store, ServerKeys keys)
{
    private const int Format = 1;

    public async Task SaveAsync(string file, CancellationToken token)
    {
        await keys.GetAsync(token);
        // One transaction, so that all of it is of one moment.
        var saved = await store.WriteAsync(
            async db => new SavedPush(
                Format, await db.Keys.ToArrayAsync(token), await db.Subscriptions.ToArrayAsync(token), await db.Preferences.ToArrayAsync(token), await db.Levels.ToArrayAsync(token)),
            token);
        await using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        await JsonSerializer.SerializeAsync(stream, saved, JsonSerializerOptions.Web, token);
        stream.Flush(flushToDisk: true);
    }

    public async Task RestoreAsync(string file, CancellationToken token)
    {
        SavedPush saved;
        await using (var stream = File.OpenRead(file))
        {
            saved = await JsonSerializer.DeserializeAsync<SavedPush>(stream, JsonSerializerOptions.Web, token) ?? throw new InvalidDataException($"{file} is empty.");
        }
        if (saved.Format != Format)
        {
            throw new InvalidDataException($"{file} is of a newer program.");
        }
        await store.WriteAsync(
            async db =>
            {
                await db.Queue.ExecuteDeleteAsync(token);
                await db.Trace.ExecuteDeleteAsync(token);
                await db.Shards.ExecuteDeleteAsync(token);
                await db.Keys.ExecuteDeleteAsync(token);
                await db.Subscriptions.ExecuteDeleteAsync(token);
                await db.Preferences.ExecuteDeleteAsync(token);
                await db.Levels.ExecuteDeleteAsync(token);
                db.AddRange(saved.Keys);
                db.AddRange(saved.Subscriptions);
                db.AddRange(saved.Preferences);
                db.AddRange(saved.Levels);
                return true;
            },
            token);
        keys.Forget();
    }

    public Task<string> ExportAsync(Guid userId, CancellationToken token) =>
        store.ReadAsync(
            async db =>
            {
                var preferences = await db.Preferences.SingleOrDefaultAsync(row => row.UserId == userId, token);
                var subscriptions = await db.Subscriptions.Where(row => row.UserId == userId).ToListAsync(token);
                var levels = await db.Levels.Where(row => row.UserId == userId).ToListAsync(token);
                var trace = await db.Trace.Where(row => row.UserId == userId).ToListAsync(token);
                return JsonSerializer.Serialize(
                    new
                    {
                        level = preferences?.Level,
                        content = preferences?.Content,
                        preferences?.QuietFrom,
                        preferences?.QuietTo,
                        preferences?.TimeZone,
                        conversations = levels.Select(row => new { row.ConversationId, row.Level }),
                        subscriptions = subscriptions.Select(row => new { row.Kind, row.Endpoint, row.Name, row.CreatedAt, row.UsedAt }),
                        pushes = trace.OrderBy(row => row.At).Select(row => new { row.ConversationId, row.Seq, row.At, row.Step, row.Detail }),
                    },
                    JsonSerializerOptions.Web);
            },
            token);

    public async Task EraseAsync(Guid userId, CancellationToken token)
    {
        await store.WriteAsync(
            async db =>
            {
                await db.Queue.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
                await db.Trace.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
                await db.Subscriptions.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
                await db.Preferences.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
                await db.Levels.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
                return true;
            },
            token);
        await store.Database.PurgeAsync(token);
    }
}
