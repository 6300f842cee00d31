using System.Globalization;
using System.Text.Json;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Operations;
using ModularChat.Identity;
using ModularChat.Messaging;
using ModularChat.Notifications;
using ModularChat.Presence;
using ModularChat.Storage;

namespace ModularChat.Host.Upkeep;

/// <summary>What a backup says about itself; written last, so that a folder without it is no backup.</summary>
internal sealed record BackupManifest(int Format, string Program, DateTimeOffset At, LogBackup Log, AccountsBackup Accounts, string[] Files);

/// <summary>
/// Saves everything into a folder while people write, and puts it back. First the messages, then the accounts: so whoever wrote one of them is
/// among the accounts.
/// </summary>
internal static class Backup
{
    private const int Format = 1;
    private const string Manifest = "manifest.json", OtherFiles = "files";

    /// <summary>Files of the data folder that are neither a database nor made again by themselves.</summary>
    private static readonly string[] Kept = ["development-key"];

    /// <summary>Saves everything.</summary>
    /// <exception cref="StartupException">The folder is not empty.</exception>
    public static async Task<int> SaveAsync(IServiceProvider services, string folder, IUpkeepOutput output, CancellationToken token)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new StartupException($"The folder {folder} is not empty.");
        }
        var begun = services.GetRequiredService<TimeProvider>().GetUtcNow();
        MakePrivate(folder);
        var log = await MessagingModule.BackUpAsync(services, folder, new UpkeepCommands.Told(output), token);
        var accounts = await IdentityModule.BackUpAsync(services, folder, token);
        var files = CopyFiles(services.GetRequiredService<DataFolder>().Path, Path.Combine(folder, OtherFiles));
        await PresenceModule.BackUpAsync(services, Path.Combine(folder, OtherFiles, PresenceModule.SavedFile), token);
        await NotificationsModule.BackUpAsync(services, Path.Combine(folder, OtherFiles, NotificationsModule.SavedFile), token);
        await WriteAsync(folder, new BackupManifest(Format, ProgramVersion.Text, begun, log, accounts, [.. files, PresenceModule.SavedFile]), token);
        output.Line(Text($"Saved {log.Shards.Sum(s => s.Conversations):N0} conversations, {log.Shards.Sum(s => s.Entries):N0} entries and {accounts.Databases.Sum(d => d.Rows["users"]):N0} accounts in {folder}."));
        output.Line("The folder holds secrets; keep it as safe as the data folder itself:");
        output.Line("- the log's key (manifest.json): without it no cursor and no remembered request would be known again, and all clients would begin anew;");
        output.Line("- hashes of passwords, session tokens and application keys (accounts/): with them people stay logged in after a restore;");
        output.Line("- the keys of push and the addresses of people's devices (files/notifications.json): without the keys no browser is told of anything until it subscribes anew;");
        output.Line("- all messages (messages/), which are not encrypted.");
        output.Line("Not in it: the settings and the certificate (appsettings.json, environment, Host:Https), and the passwords of databases, which you keep yourself.");
        return 0;
    }

    /// <summary>Puts a backup back; a new run begins, so that clients that saw more than it holds begin anew.</summary>
    /// <exception cref="StartupException">The folder is no backup, or there is something to be overwritten.</exception>
    /// <exception cref="InvalidDataException">A file of the backup is damaged.</exception>
    public static async Task<int> RestoreAsync(IServiceProvider services, string folder, bool check, IUpkeepOutput output, CancellationToken token)
    {
        var manifest = await ReadAsync(folder, token);
        var data = services.GetRequiredService<DataFolder>();
        await IdentityModule.CheckEmptyAsync(services, token);
        await MessagingModule.RestoreAsync(services, manifest.Log, folder, new UpkeepCommands.Told(output), token);
        await IdentityModule.RestoreAsync(services, manifest.Accounts, folder, token);
        await PresenceModule.RestoreAsync(services, Path.Combine(folder, OtherFiles, PresenceModule.SavedFile), token);
        foreach (var file in manifest.Files.Where(file => file != PresenceModule.SavedFile))
        {
            File.Copy(Path.Combine(folder, OtherFiles, file), data.File(file), overwrite: true);
        }
        // Backups of before there was push do not have it.
        if (Path.Combine(folder, OtherFiles, NotificationsModule.SavedFile) is var push && File.Exists(push))
        {
            await NotificationsModule.RestoreAsync(services, push, token);
        }
        output.Line(Text($"Restored the backup of {manifest.At:u}. Clients that saw more than it holds begin anew."));
        return check ? await CheckAsync(services, manifest, output, token) : 0;
    }

    /// <summary>Reads everything that was restored, and compares with what the backup says.</summary>
    private static async Task<int> CheckAsync(IServiceProvider services, BackupManifest manifest, IUpkeepOutput output, CancellationToken token)
    {
        var log = await MessagingModule.VerifyAsync(services, new UpkeepCommands.Told(output), token);
        var exit = UpkeepCommands.Tell(log, output);
        for (var shard = 0; shard < manifest.Log.Shards.Length; shard++)
        {
            if (log.Shards[shard] != manifest.Log.Shards[shard].Hash)
            {
                output.Line(Text($"Shard {shard} is not what was saved."));
                exit = 1;
            }
        }
        var accounts = await IdentityModule.ReadAccountsAsync(services, token);
        for (var i = 0; i < accounts.Length; i++)
        {
            if (accounts[i].Hash != manifest.Accounts.Databases[i].Hash)
            {
                output.Line(Text($"The accounts in database {i} are not what was saved."));
                exit = 1;
            }
        }
        if (exit == 0)
        {
            output.Line("What was restored is what was saved.");
        }
        return exit;
    }

    private static async Task<BackupManifest> ReadAsync(string folder, CancellationToken token)
    {
        var path = Path.Combine(folder, Manifest);
        if (!File.Exists(path))
        {
            throw new StartupException($"{folder} holds no whole backup: it has no {Manifest}.");
        }
        await using var file = File.OpenRead(path);
        var manifest = await JsonSerializer.DeserializeAsync<BackupManifest>(file, JsonSerializerOptions.Web, token)
            ?? throw new StartupException($"{path} is empty.");
        SchemaVersion.Check(path, manifest.Format, Format);
        return manifest;
    }

    private static async Task WriteAsync(string folder, BackupManifest manifest, CancellationToken token)
    {
        var path = Path.Combine(folder, Manifest);
        await using (var file = new FileStream(path + ".new", FileMode.CreateNew, FileAccess.Write))
        {
            await JsonSerializer.SerializeAsync(file, manifest, JsonSerializerOptions.Web, token);
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path);
    }

    private static string[] CopyFiles(string data, string target)
    {
        var files = Kept.Where(f => File.Exists(Path.Combine(data, f))).ToArray();
        Directory.CreateDirectory(target);
        foreach (var file in files)
        {
            File.Copy(Path.Combine(data, file), Path.Combine(target, file));
        }
        return files;
    }

    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
