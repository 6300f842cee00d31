using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Presence.People;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence;

/// <summary>What the operator does with what is kept of people: save, export, erase.</summary>
public static partial class PresenceModule
{
    /// <summary>The name of the module's file in a data folder and in a backup.</summary>
    public const string SavedFile = "presence.db";

    /// <summary>Saves what users have chosen and when they were last seen, as one moment saw it, into a new file.</summary>
    public static async Task BackUpAsync(IServiceProvider services, string file, CancellationToken token) =>
        await services.GetRequiredService<IPeopleStore>().SaveAsync(file, token);

    /// <summary>Puts such a file back.</summary>
    public static async Task RestoreAsync(IServiceProvider services, string file, CancellationToken token) =>
        await services.GetRequiredService<IPeopleStore>().LoadAsync(file, token);

    /// <summary>What is kept of a user, as a JSON object.</summary>
    public static async Task<string> ExportUserAsync(IServiceProvider services, Guid userId, CancellationToken token)
    {
        var person = (await services.GetRequiredService<PeopleBook>().GetAsync([userId], token))[0];
        return JsonSerializer.Serialize(
            new { state = person.Chosen.ToString(), status = person.Status?.Text, statusExpiresAt = person.Status?.ExpiresAt, lastSeenAt = person.LastSeen },
            JsonSerializerOptions.Web);
    }

    /// <summary>Forgets what is kept of a user.</summary>
    public static async Task EraseUserAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        await services.GetRequiredService<PeopleBook>().EraseAsync(userId, token);
}
