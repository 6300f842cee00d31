using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Calls;

/// <summary>The credentials that a call comes with, judged by a real coturn and used by its own client.</summary>
public sealed class RelayTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    public async Task What_a_call_is_given_opens_the_relay_and_nothing_else_does(string transport)
    {
        Assert.SkipWhen(TurnServer.Missing.Length > 0, TurnServer.Missing);
        await using var turn = await TurnServer.StartAsync(Token);
        var url = string.Create(CultureInfo.InvariantCulture, $"turn:127.0.0.1:{turn.Port}?transport={transport}");
        await using var server = await ChatServer.StartAsync(settings: ["Calls:TurnUrls=" + url, "Calls:TurnSecret=" + TurnServer.Secret, "Calls:CredentialSeconds=60"]);
        var users = await server.RegisterAsync("anna", "ben");
        var direct = (await users[0].OpenDirectAsync(users[1])).Id;
        var call = Ids.New();
        var started = await users[0].AskAsync<JsonNode>(HttpMethod.Post, $"conversations/{direct}/calls", new { callId = call, legId = Ids.New() });
        var answered = await users[1].AskAsync<JsonNode>(HttpMethod.Post, $"calls/{call}/accept", new { legId = Ids.New() });
        var again = await users[1].AskAsync<JsonNode>(HttpMethod.Get, $"calls/{call}/ice");

        foreach (var ice in new[] { started["ice"]!, answered["ice"]!, again })
        {
            ice["relayOnly"]!.GetValue<bool>().ShouldBeTrue();
            var one = ice["iceServers"]![0]!;
            one["urls"]![0]!.GetValue<string>().ShouldBe(url);
            (await UseAsync(turn, transport, one["username"]!.GetValue<string>(), one["credential"]!.GetValue<string>())).ShouldContain("Total lost packets 0 ");
        }

        var name = started["ice"]!["iceServers"]![0]!["username"]!.GetValue<string>();
        var password = started["ice"]!["iceServers"]![0]!["credential"]!.GetValue<string>();
        name.Split(':')[1].ShouldBe($"{users[0].Id:N}.{call:N}");
        (await UseAsync(turn, transport, name.Replace(':', '0') + ":other", password)).ShouldContain("Cannot complete Allocation");
        (await UseAsync(turn, transport, name, "wrong")).ShouldContain("Cannot complete Allocation");
        // As ours would be when its time is over.
        var old = "1600000000:" + name.Split(':')[1];
        (await UseAsync(turn, transport, old, Password(old))).ShouldContain("Cannot complete Allocation");
        Password(name).ShouldBe(password);
    }

#pragma warning disable CA5350 // The scheme has SHA-1.
    private static string Password(string name) => Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(TurnServer.Secret), Encoding.UTF8.GetBytes(name)));
#pragma warning restore CA5350

    /// <summary>Sends a packet from one relay to another and says what came of it.</summary>
    private static async Task<string> UseAsync(TurnServer turn, string transport, string name, string password)
    {
        string[] how = transport == "tcp" ? ["-t"] : [];
        using var process = Process.Start(new ProcessStartInfo(
            "turnutils_uclient",
            [.. how, "-u", name, "-w", password, "-p", turn.Port.ToString(CultureInfo.InvariantCulture), "-y", "-c", "-n", "3", "-m", "1", "127.0.0.1"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        var text = new StringBuilder();
        try
        {
            while (await process.StandardOutput.ReadLineAsync(Token) is { } line)
            {
                text.AppendLine(line);
                // It tries again for ever.
                if (line.Contains("Cannot complete Allocation", StringComparison.Ordinal))
                {
                    break;
                }
            }
            return text.ToString();
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}
