using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Calls;
using ModularChat.Cli.Upkeep;
using ModularChat.Client;
using ModularChat.Host;

namespace ModularChat.Cli.Voice;

/// <summary><c>chat voice</c>: whether voice works.</summary>
internal static class VoiceCommand
{
    public static Command Make() => new("voice", "Whether voice works.") { MakeDoctor(), MakeSelfTest() };

    private static Command MakeDoctor()
    {
        var settings = StoreCommand.Settings();
        var command = new Command(
            "doctor", "Tries STUN, the relay over UDP, TCP and TLS, and Janus from here, with the settings of the server, and says what it finds; exit code 1 when something is wrong.") { settings };
        command.SetAction((parsed, token) => StoreCommand.RunAsync(async _ =>
        {
            await using var app = Server.BuildWhole(parsed.GetValue(settings) ?? []);
            var options = app.Services.GetRequiredService<IOptions<CallsOptions>>().Value;
            return await new VoiceDoctor(options, TimeProvider.System, Console.Out).LookAsync(token) ? 0 : 1;
        }));
        return command;
    }

    private static Command MakeSelfTest()
    {
        var url = Options.Url();
        var key = Options.Key();
        var keyFile = Options.KeyFile();
        var participants = new Option<int>("--participants") { Description = "How many talk, 2 to 20.", DefaultValueFactory = _ => 2 };
        var seconds = new Option<int>("--seconds") { Description = "For how long, 5 to 600.", DefaultValueFactory = _ => 20 };
        var json = new Option<bool>("--json") { Description = "Says it as JSON." };
        var command = new Command(
            "selftest", "Has participants talk tones to each other in a voice room of a running server, and says for each pair what came; needs node and npm. Exit code 1 when somebody did not hear somebody.")
        {
            url, key, keyFile, participants, seconds, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(participants) is < 2 or > 20 || result.GetValue(seconds) is < 5 or > 600)
            {
                result.AddError("--participants is 2 to 20, --seconds 5 to 600.");
            }
        });
        command.SetAction(async (parsed, token) =>
        {
            if (Options.ReadKey(parsed.GetValue(key), parsed.GetValue(keyFile)) is not { } secret)
            {
                await Console.Error.WriteLineAsync("An application key is needed: --key, or --key-file.");
                return 1;
            }
            try
            {
                return await new SelfTest(parsed.GetValue(url)!, secret, parsed.GetValue(participants), parsed.GetValue(seconds), parsed.GetValue(json)).RunAsync(token);
            }
            catch (Exception e) when (e is ChatProblemException or HttpRequestException or InvalidOperationException)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 1;
            }
        });
        return command;
    }
}
