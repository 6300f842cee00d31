using System.CommandLine;
using ModularChat.Contracts;
<<<<<<< HEAD
using ModularChat.Host.Operations;
=======
using ModularChat.Host;
using ModularChat.Identity;
>>>>>>> 4386f5c (cli: Measure a server beside a bare relay, reset passwords; say how the tool is used)
using ModularChat.Storage;

namespace ModularChat.Cli.Admin;

<<<<<<< HEAD
/// <summary><c>chat admin</c>: what the one who runs the server does on its data folder, while the server is stopped.</summary>
internal static class AdminCommand
{
    public static Command Make()
    {
        var name = new Argument<string>("name") { Description = "The user's name." };
        var data = new Option<string?>("--data") { Description = "The data folder; without it the one of the settings and the environment (Storage:Directory)." };
        var reset = new Command("reset-password", "Gives a user a new random password, prints it, and signs the user out everywhere.") { name, data };
        reset.SetAction((parsed, token) => ResetAsync(parsed.GetValue(name)!, parsed.GetValue(data), token));
        return new Command("admin", "Works on the data folder of a server that is stopped.") { reset };
    }

    private static async Task<int> ResetAsync(string name, string? data, CancellationToken token)
    {
        try
        {
            var password = await PasswordReset.RunAsync(name, data is null ? [] : [$"--Storage:Directory={data}"], token);
            await Console.Out.WriteLineAsync(password.AsMemory(), token);
            return 0;
        }
        catch (Exception e) when (e is StartupException or ChatException)
        {
            await Console.Error.WriteLineAsync(e.Message.AsMemory(), token);
            return 1;
        }
=======
/// <summary><c>chat admin</c>: works on the data folder of a server that is not running.</summary>
internal static class AdminCommand
{
    public static Command Make() => new("admin", "Operations on the data folder of a server that is not running.") { ResetPassword() };

    private static Command ResetPassword()
    {
        var name = new Argument<string>("name") { Description = "The user name." };
        var data = new Option<string>("--data") { Description = "The data folder.", DefaultValueFactory = _ => "data" };
        var command = new Command("reset-password", "Gives a user a new random password and ends their sessions.") { name, data };
        command.SetAction(async (parsed, token) =>
        {
            var folder = Path.GetFullPath(parsed.GetValue(data)!);
            if (!Directory.Exists(folder))
            {
                return await FailAsync($"There is no folder {folder}: give --data.");
            }
            try
            {
                await using var app = Server.Build([$"--Storage:Directory={folder}", "--Logging:LogLevel:Default=Warning"]);
                Console.WriteLine(await IdentityModule.ResetPasswordAsync(app.Services, parsed.GetValue(name)!, token));
                return 0;
            }
            catch (ChatException refused)
            {
                return await FailAsync(refused.Message);
            }
            catch (Exception failed) when (failed is StartupException or IOException)
            {
                return await FailAsync(failed.Message);
            }
        });
        return command;
    }

    private static async Task<int> FailAsync(string sentence)
    {
        await Console.Error.WriteLineAsync(sentence);
        return 1;
>>>>>>> 4386f5c (cli: Measure a server beside a bare relay, reset passwords; say how the tool is used)
    }
}
