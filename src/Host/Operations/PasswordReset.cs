using Microsoft.Extensions.Options;
using ModularChat.Identity;
using ModularChat.Storage;

namespace ModularChat.Host.Operations;

/// <summary>For the one who runs the server and cannot log in: works on the data folder while no server has it.</summary>
internal static class PasswordReset
{
    /// <summary>Gives a user a new random password, ends their sessions, and returns the password.</summary>
    /// <exception cref="StartupException">A server runs on the folder, or it holds no server's data.</exception>
    /// <exception cref="Contracts.ChatException">Nobody has this name.</exception>
    public static async Task<string> RunAsync(string name, string[] settings, CancellationToken token)
    {
        await using var app = Server.BuildWhole(settings);
        // Looked at before it is opened: a folder that is named wrongly must not be made.
        var options = app.Services.GetRequiredService<IOptions<StorageOptions>>().Value;
        var directory = options.Directory;
        if (options.Relational.IsEmbedded && !File.Exists(Path.Combine(directory, options.Relational.Databases[0])))
        {
            throw new StartupException($"The folder {Path.GetFullPath(directory)} (Storage:Directory) holds no accounts.");
        }
        return await IdentityModule.ResetPasswordAsync(app.Services, name, token);
    }
}
