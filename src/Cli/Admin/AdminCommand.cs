using System.CommandLine;
using ModularChat.Contracts;
using ModularChat.Host.Operations;
using ModularChat.Storage;

namespace ModularChat.Cli.Admin;

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
    }
}
