using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging;
using ModularChat.Storage;

namespace ModularChat.Host.Upkeep;

/// <summary>For the tool: has the server that runs on the data folder do it, or does it on the folder itself when none runs.</summary>
internal static class UpkeepRun
{
    /// <summary>A command that goes with and without a server.</summary>
    /// <exception cref="StartupException">One sentence: why not.</exception>
    public static async Task<int> RunAsync(UpkeepOrder order, string[] settings, IUpkeepOutput output, CancellationToken token)
    {
        await using var app = Server.BuildWhole(settings);
        var options = app.Services.GetRequiredService<IOptions<StorageOptions>>().Value;
        if (await ControlSocket.AskAsync(options.Directory, order, output, token) is { } exit)
        {
            return exit;
        }
        if (order.Command.StartsWith("user ", StringComparison.Ordinal))
        {
            throw new StartupException($"No server runs on {Path.GetFullPath(options.Directory)} (Storage:Directory), and this command works on a running one: start it first.");
        }
        if (!Directory.Exists(options.Directory))
        {
            throw new StartupException($"There is no folder {Path.GetFullPath(options.Directory)} (Storage:Directory).");
        }
        app.Services.GetRequiredService<DataFolder>();
        return await UpkeepCommands.RunAsync(app.Services, order, output, token);
    }

    /// <summary>Copies a log into other databases.</summary>
    /// <exception cref="StartupException">One sentence: why not.</exception>
    public static async Task<int> CopyAsync(LogPlace from, LogPlace to, string[] settings, IUpkeepOutput output, CancellationToken token)
    {
        await using var app = Server.BuildWhole(settings);
        app.Services.GetRequiredService<DataFolder>();
        return UpkeepCommands.Tell(await MessagingModule.CopyAsync(app.Services, from, to, new UpkeepCommands.Told(output), token), output);
    }

    /// <summary>Begins a new run, for a log that was put back by other means than <c>chat restore</c>.</summary>
    /// <exception cref="StartupException">One sentence: why not.</exception>
    public static async Task<int> NewRunAsync(string[] settings, IUpkeepOutput output, CancellationToken token)
    {
        await using var app = Server.BuildWhole(settings);
        app.Services.GetRequiredService<DataFolder>();
        output.Line($"Run {await MessagingModule.BeginRunAsync(app.Services, token)} begins.");
        return 0;
    }

    /// <summary>Puts a backup into an empty data folder and empty databases.</summary>
    /// <exception cref="StartupException">One sentence: why not.</exception>
    public static async Task<int> RestoreAsync(string folder, bool check, string[] settings, IUpkeepOutput output, CancellationToken token)
    {
        await using var app = Server.BuildWhole(settings);
        app.Services.GetRequiredService<DataFolder>();
        return await Backup.RestoreAsync(app.Services, Path.GetFullPath(folder), check, output, token);
    }
}
