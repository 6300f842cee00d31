using System.Net.NetworkInformation;
using System.Net.Sockets;
using ModularChat.Calls;
using ModularChat.Cli.Voice;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Calls;

/// <summary>What <c>chat voice</c> finds out about a real coturn, a real Janus and a real server.</summary>
public sealed class VoiceToolTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_doctor_says_what_works_and_what_does_not()
    {
        Assert.SkipWhen(TurnServer.Missing.Length + JanusServer.Missing.Length > 0, TurnServer.Missing + JanusServer.Missing);
        await using var turn = await TurnServer.StartAsync(Token);
        await using var janus = await JanusServer.StartAsync(Token);
        var relay = $"127.0.0.1:{turn.Port}";
        var nothing = $"127.0.0.1:{Ports.Free()}";
        var well = new CallsOptions
        {
            StunUrls = $"stun:{relay}",
            TurnUrls = $"turn:{relay}?transport=udp,turn:{relay}?transport=tcp",
            TurnSecret = TurnServer.Secret,
            JanusUrls = janus.Url,
            JanusSecret = JanusServer.Secret,
        };
        var (isWell, said) = await LookAsync(well);
        isWell.ShouldBeTrue(string.Join('\n', said));
        said.Count(line => line.StartsWith("ok ", StringComparison.Ordinal)).ShouldBe(4);
        said.ShouldContain(line => line.StartsWith("note", StringComparison.Ordinal) && line.Contains("is for TLS"));
        (await janus.RoomsAsync(Token)).ShouldBeEmpty();

        var (isIll, found) = await LookAsync(new CallsOptions
        {
            StunUrls = $"stun:{nothing}",
            TurnUrls = $"turn:{relay}?transport=udp,turn:{nothing}?transport=tcp,turns:{relay}",
            TurnSecret = "another secret than that",
            JanusUrls = $"{janus.Url},http://{nothing}/janus",
            JanusSecret = "another secret than that",
        });
        isIll.ShouldBeFalse();
        found.Count(line => line.StartsWith("BAD", StringComparison.Ordinal)).ShouldBe(6, string.Join('\n', found));
        found.ShouldContain(line => line.Contains("Calls:TurnSecret has to be its static-auth-secret"));
        found.ShouldContain(line => line.Contains("Calls:JanusSecret has to be its api_secret"));
    }

    [Fact]
    public async Task Six_hear_each_other_through_Janus_while_the_server_is_killed()
    {
        Assert.SkipWhen(JanusServer.Missing.Length > 0, JanusServer.Missing);
        Assert.SkipUnless(HasNetwork(), "Janus sends sound from an address of a network, and this machine has none.");
        await using var janus = await JanusServer.StartAsync(Token);
        var folder = Directory.CreateTempSubdirectory("modularchat-selftest-").FullName;
        try
        {
            // Four are a mesh; with the fifth all move to Janus.
            await using var server = await ServerProcess.StartAsync(
                folder, null, "Calls:JanusUrls=" + janus.Url, "Calls:JanusSecret=" + JanusServer.Secret, "Identity:WriteDevelopmentKey=true");
            var key = (await File.ReadAllTextAsync(Path.Combine(folder, "development-key"), Token)).Trim();
            var talk = new SelfTest(server.Url, key, participants: 6, seconds: 35, isJson: true).RunAsync(Token);
            await RoomParty.UntilAsync(async () => talk.IsCompleted
                || (await janus.RoomsAsync(Token)) is [var room] && room.AsArray().Count == 6 && room.AsArray().All(one => one!["setup"]!.GetValue<bool>()));
            talk.IsCompleted.ShouldBeFalse();
            await server.KillAsync();
            // What is measured is the second half, in which there is no server.
            (await talk).ShouldBe(0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(bool IsWell, string[] Said)> LookAsync(CallsOptions options)
    {
        await using var output = new StringWriter();
        var isWell = await new VoiceDoctor(options, TimeProvider.System, output).LookAsync(Token);
        return (isWell, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static bool HasNetwork() => NetworkInterface.GetAllNetworkInterfaces().Any(one =>
        one.OperationalStatus == OperationalStatus.Up && one.NetworkInterfaceType != NetworkInterfaceType.Loopback
        && one.GetIPProperties().UnicastAddresses.Any(address => address.Address.AddressFamily == AddressFamily.InterNetwork));
}
