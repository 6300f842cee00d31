using System.CommandLine;
using ModularChat.Host.Upkeep;

namespace ModularChat.Cli.Upkeep;

/// <summary><c>chat backup</c> and <c>chat restore</c>.</summary>
internal static class BackupCommand
{
    public static Command Make() => StoreCommand.Ordered(
        "backup", "Saves everything into an empty folder while people write; a running server does it itself.", "backup",
        new Argument<DirectoryInfo>("folder") { Description = "Where to." });

    public static Command MakeRestore()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "The backup." };
        var check = new Option<bool>("--check") { Description = "Read everything again afterwards, and compare with what was saved." };
        var settings = StoreCommand.Settings();
        var command = new Command("restore", "Puts a backup into an empty data folder and empty databases, of whatever engine the settings name.") { folder, check, settings };
        command.SetAction((parsed, token) => StoreCommand.RunAsync(output =>
            UpkeepRun.RestoreAsync(parsed.GetValue(folder)!.FullName, parsed.GetValue(check), parsed.GetValue(settings) ?? [], output, token)));
        return command;
    }
}
