using Microsoft.Extensions.Options;
using ModularChat.Contracts.Identity;
using ModularChat.Storage;

namespace ModularChat.Identity.Applications;

/// <summary>A key of all scopes in a file that only the server's own account can read, so that tools on the same machine can begin at once.</summary>
internal sealed class DevelopmentKey(ApplicationKeys keys, DataFolder folder, IOptions<IdentityOptions> options)
{
    private const string FileName = "development-key";

    public async Task WriteAsync(CancellationToken token)
    {
        var path = folder.File(FileName);
        if (!options.Value.WriteDevelopmentKey || File.Exists(path))
        {
            return;
        }
        var made = await keys.AddAsync(new ApplicationRequest("development", ApplicationScopes.All), token);
        var settings = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            settings.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        // Under another name first: who finds the file finds the whole key.
        var unfinished = path + "." + made.Id.ToString("N");
        await using (var file = new FileStream(unfinished, settings))
        {
            await using var writer = new StreamWriter(file);
            await writer.WriteAsync(made.Key.AsMemory(), token);
        }
        File.Move(unfinished, path);
    }
}
