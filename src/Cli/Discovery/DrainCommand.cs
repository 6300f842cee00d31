using System.CommandLine;
using ModularChat.Client;

namespace ModularChat.Cli.Discovery;

/// <summary><c>chat drain</c>: takes a node out of a cluster without losing anybody.</summary>
internal static class DrainCommand
{
    public static Command Make()
    {
        var node = new Argument<string>("node") { Description = "The node's id; chat discover --explain shows them." };
        var url = Options.Url();
        var user = new Option<string>("--user") { Description = "An administrator's name.", Required = true };
        var password = new Option<string?>("--password-file") { Description = "A file with the password; without it, it is read from the input." };
        var command = new Command("drain", "Asks a node to send its clients to the others, to finish what is under way, and to end.") { node, url, user, password };
        command.SetAction((parsed, token) => RunAsync(parsed.GetValue(node)!, parsed.GetValue(url)!, parsed.GetValue(user)!, parsed.GetValue(password), token));
        return command;
    }

    private static async Task<int> RunAsync(string node, Uri url, string user, string? passwordFile, CancellationToken token)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        try
        {
            var password = passwordFile is null ? await Console.In.ReadLineAsync(token) ?? "" : (await File.ReadAllTextAsync(passwordFile, token)).TrimEnd('\r', '\n');
            var api = new ChatApi(http, url, new ChatCredentials(null));
            var signedIn = await api.LogInAsync(user, password, new DeviceDescription(Name: "chat drain", Platform: "cli"), token);
            var own = api.As(new ChatCredentials(signedIn.Session.Token));
            try
            {
                await own.DrainNodeAsync(node, token);
            }
            finally
            {
                await own.LogOutAsync(CancellationToken.None);
            }
            await Console.Out.WriteLineAsync($"{node} drains: its clients go to the others, and it ends by itself.".AsMemory(), token);
            return 0;
        }
        catch (Exception e) when (e is ChatProblemException or HttpRequestException or IOException)
        {
            await Console.Error.WriteLineAsync(e.Message.AsMemory(), token);
            return 1;
        }
    }
}
