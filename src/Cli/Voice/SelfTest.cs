using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ModularChat.Client;

namespace ModularChat.Cli.Voice;

/// <summary>Makes users and a group, and has a program for node put them into its voice room: a WebRTC stack that runs without a browser.</summary>
internal sealed class SelfTest(Uri url, string key, int participants, int seconds, bool isJson)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Voice", "selftest");

    public async Task<int> RunAsync(CancellationToken token)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
        {
            await Console.Error.WriteLineAsync("Installing the WebRTC stack for node.");
            if (await StartAsync("npm", ["ci", "--no-audit", "--no-fund", "--silent"], null, token) != 0)
            {
                throw new InvalidOperationException($"npm ci in {Folder} failed.");
            }
        }
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var application = new ChatApi(http, url, new ChatCredentials(key));
        List<(Guid Id, string Token)> people = [];
        for (var i = 1; i <= participants; i++)
        {
            var who = string.Create(CultureInfo.InvariantCulture, $"voice-selftest-{i}");
            var user = await application.PutApplicationUserAsync(who, token: token);
            people.Add((user.Id, (await application.CreateApplicationSessionAsync(who, new DeviceDescription(who, "voice"), token)).Token));
        }
        var group = ClientIds.New();
        var owner = new ChatApi(http, url, new ChatCredentials(people[0].Token));
        await owner.CreateGroupAsync(group, "Voice self test", [.. people.Skip(1).Select(one => one.Id)], token: token);
        var order = JsonSerializer.Serialize(new
        {
            url = url.GetLeftPart(UriPartial.Authority),
            group,
            seconds,
            json = isJson,
            participants = people.Select((one, i) => new { token = one.Token, legId = LegOf(i) }),
        });
        var exit = await StartAsync("node", ["selftest.mjs"], order, token);
        try
        {
            foreach (var (i, _) in people.Index())
            {
                await application.EndApplicationSessionsAsync(string.Create(CultureInfo.InvariantCulture, $"voice-selftest-{i + 1}"), token);
            }
        }
        catch (HttpRequestException)
        {
            // The server was taken away meanwhile: what came of the talk is said all the same.
        }
        return exit;
    }

    /// <summary>Its last byte tells the others whose tone to listen for.</summary>
    private static Guid LegOf(int index)
    {
        var bytes = ClientIds.New().ToByteArray(bigEndian: true);
        bytes[^1] = (byte)index;
        return new Guid(bytes, bigEndian: true);
    }

    private static async Task<int> StartAsync(string program, string[] arguments, string? input, CancellationToken token)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardInput = input is not null, UseShellExecute = false },
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{program} cannot be started: it comes with Node.js 20 or later.", e);
        }
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), token);
                process.StandardInput.Close();
            }
            await process.WaitForExitAsync(token);
            return process.ExitCode;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
