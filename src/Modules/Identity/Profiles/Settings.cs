using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Profiles;

internal sealed record SettingsDocument(GroupAdditions GroupAdditions, PresenceVisibility Presence, JsonElement Client);

internal sealed record SettingsAnswer(long Version, SettingsDocument Settings);

internal sealed record SettingsRequest(long? Version, JsonElement? Settings);

/// <summary>
/// A user's settings: one document, replaced as a whole by whoever has read its newest version, so that two devices never undo
/// each other's changes without knowing.
/// </summary>
internal sealed class Settings(Changes changes, IdentityStore store)
{
    private const int MaxBytes = 16 * 1024;

    public Task<SettingsAnswer> GetAsync(Caller caller, CancellationToken token) =>
        store.ReadAsync(
            caller.UserId,
            async db =>
            {
                // The version first: when the document changes in between, a put with this version is a conflict, and nothing is lost.
                var version = await VersionAsync(db, caller, token);
                return new SettingsAnswer(version, ToDocument(await db.Settings.SingleOrDefaultAsync(settings => settings.UserId == caller.UserId, token)));
            },
            token);

    public async Task<SettingsAnswer> PutAsync(Caller caller, SettingsRequest request, CancellationToken token)
    {
        var version = request.Version ?? throw ChatException.Invalid("version", "The version that was read is needed.");
        var document = Parse(request.Settings ?? throw ChatException.Invalid("settings", "Settings are needed."));
        return await changes.MakeAsync(
            Scope.Of(caller.UserId),
            async (work, events) =>
            {
                var db = work.Of(caller.UserId);
                if (await VersionAsync(db, caller, token) != version)
                {
                    throw new ChatException(ProblemCodes.Conflict, "The settings have changed since they were read: read them again, change them, and put them.");
                }
                var row = await db.Settings.AsTracking().SingleOrDefaultAsync(settings => settings.UserId == caller.UserId, token);
                if (row is null)
                {
                    row = new SettingsRow { UserId = caller.UserId, Client = "" };
                    db.Settings.Add(row);
                }
                row.GroupAdditions = document.GroupAdditions;
                row.PresenceVisibility = document.Presence;
                row.Client = document.Client.GetRawText();
                return new SettingsAnswer(await db.BumpAsync(caller.UserId, DataVersions.Settings, events, token), document);
            },
            token);
    }

    private static Task<long> VersionAsync(IdentityDb db, Caller caller, CancellationToken token) =>
        db.Versions.Where(row => row.UserId == caller.UserId && row.Subject == DataVersions.Settings).Select(row => row.Version).SingleOrDefaultAsync(token);

    private static SettingsDocument ToDocument(SettingsRow? row) =>
        new(row?.GroupAdditions ?? GroupAdditions.Everybody, row?.PresenceVisibility ?? PresenceVisibility.Everybody, JsonElement.Parse(row?.Client ?? "{}"));

    private static SettingsDocument Parse(JsonElement settings)
    {
        if (settings.ValueKind != JsonValueKind.Object)
        {
            throw ChatException.Invalid("settings", "settings is an object.");
        }
        if (Encoding.UTF8.GetByteCount(settings.GetRawText()) > MaxBytes)
        {
            throw ChatException.TooLong("settings", MaxBytes, "bytes");
        }
        var document = new SettingsDocument(GroupAdditions.Everybody, PresenceVisibility.Everybody, JsonElement.Parse("{}"));
        foreach (var property in settings.EnumerateObject())
        {
            document = property.Name switch
            {
                "groupAdditions" => document with { GroupAdditions = ParseAdditions(property.Value) },
                "presence" => document with { Presence = ParsePresence(property.Value) },
                "client" when property.Value.ValueKind == JsonValueKind.Object => document with { Client = property.Value.Clone() },
                "client" => throw ChatException.Invalid("settings.client", "settings.client is an object."),
                _ => throw ChatException.Invalid("settings", "A setting that the server does not know belongs under client."),
            };
        }
        return document;
    }

    private static PresenceVisibility ParsePresence(JsonElement value) =>
        (value.ValueKind == JsonValueKind.String ? value.GetString() : null) switch
        {
            "everybody" => PresenceVisibility.Everybody,
            "friends" => PresenceVisibility.Friends,
            "nobody" => PresenceVisibility.Nobody,
            _ => throw ChatException.Invalid("settings.presence", "presence is everybody, friends or nobody."),
        };

    private static GroupAdditions ParseAdditions(JsonElement value) =>
        (value.ValueKind == JsonValueKind.String ? value.GetString() : null) switch
        {
            "everybody" => GroupAdditions.Everybody,
            "friends" => GroupAdditions.Friends,
            _ => throw ChatException.Invalid("settings.groupAdditions", "groupAdditions is everybody or friends."),
        };
}
