using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModularChat.Host;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests;

/// <summary>A start that cannot succeed says why in one sentence on stderr and exits with 1. Each in a process of its own.</summary>
public sealed class StartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modularchat-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("--Messaging:MaxGroupMembers=1", "Messaging:MaxGroupMembers is '1', but must be a whole number from 2 to 100000.")]
    [InlineData("--Messaging:MaxGroupMembers=many", "Messaging:MaxGroupMembers is 'many', but must be a whole number from 2 to 100000.")]
    [InlineData("--Identity:Registration=Opne", "Identity:Registration is 'Opne', but must be Open, Invite or Closed.")]
    [InlineData("--Identity:WriteDevelopmentKey=maybe", "Identity:WriteDevelopmentKey is 'maybe', but must be true or false.")]
    [InlineData("--Host:Url=https://example.org", "Host:Url is 'https://example.org', but must be http:// with an IP address, localhost or *, and a port.")]
    [InlineData("--Host:Url=http://127.0.0.1:99999", "Host:Url is 'http://127.0.0.1:99999', but its port must be 0 to 65535.")]
    [InlineData("--Identity:SetupCode=short", "Identity:SetupCode is '***', but must be empty or have 12 to 128 characters.")]
    [InlineData("--Gateway:OfflineAfterSeconds=10", "Gateway:OfflineAfterSeconds must be more than Gateway:HeartbeatSeconds.")]
    public async Task A_wrong_value_stops_the_start_with_one_sentence(string argument, string sentence)
    {
        var (exit, _, error) = await ServerProcess.RunAsync(["--Host:Url=http://127.0.0.1:0", Storage, argument]);

        (exit, error.Trim()).ShouldBe((1, sentence));
    }

    [Fact]
    public async Task An_unknown_key_stops_the_start_and_the_known_ones_are_named()
    {
        var (exit, _, error) = await ServerProcess.RunAsync([Storage, "--Host:Ulr=x"]);

        exit.ShouldBe(1);
        error.Trim().ShouldStartWith("Host:Ulr (value 'x') is not a setting of ModularChat; the settings there are: Host:Url, ");
    }

    [Fact]
    public async Task An_unknown_section_in_the_environment_stops_the_start()
    {
        var (exit, _, error) = await ServerProcess.RunAsync([Storage], ("ModularChat__Messages__Shards", "4"));

        exit.ShouldBe(1);
        error.Trim().ShouldStartWith("Messages is not a setting of ModularChat; the sections there are: Host, ");
    }

    [Fact]
    public async Task An_argument_of_another_form_stops_the_start()
    {
        var (exit, _, error) = await ServerProcess.RunAsync(["serve"]);

        (exit, error.Trim()).ShouldBe((1, "The argument 'serve' is not known: allowed are --check-config, --health or --write-docs FOLDER as the first, and --Section:Key=value."));
    }

    [Fact]
    public async Task Every_wrong_setting_gets_its_own_sentence()
    {
        var (exit, _, error) = await ServerProcess.RunAsync(["--check-config", "--Host:MaxHeaders=0", "--Storage:Messages:Shards=0", "--Nothing:X=1"]);

        exit.ShouldBe(1);
        error.Trim().Split('\n').Length.ShouldBe(3, error);
    }

    [Fact]
    public async Task Checking_the_settings_touches_nothing()
    {
        var data = Path.Combine(_folder.FullName, "data");

        var (exit, output, error) = await ServerProcess.RunAsync(["--check-config", "--Storage:Directory=" + data]);

        (exit, output.Trim(), error).ShouldBe((0, "The settings are valid.", ""));
        Directory.Exists(data).ShouldBeFalse();
    }

    [Fact]
    public async Task The_environment_overrides_the_file_and_the_command_line_both()
    {
        // Both wrong: the sentence tells which of the two was taken.
        var (_, _, fromEnvironment) = await ServerProcess.RunAsync(["--check-config"], ("ModularChat__Host__MaxHeaders", "1"));
        var (_, _, fromArgument) = await ServerProcess.RunAsync(["--check-config", "--Host:MaxHeaders=2"], ("ModularChat__Host__MaxHeaders", "1"));

        fromEnvironment.ShouldContain("Host:MaxHeaders is '1'");
        fromArgument.ShouldContain("Host:MaxHeaders is '2'");
    }

    [Fact]
    public async Task A_second_process_on_the_same_folder_is_refused()
    {
        await using var first = await ChatServer.StartAsync(folder: _folder.FullName);

        var (exit, _, error) = await ServerProcess.RunAsync(["--Host:Url=http://127.0.0.1:0", Storage]);

        (exit, error.Trim()).ShouldBe((1, $"The data folder {_folder.FullName} (Storage:Directory) is in use by another process."));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var first = await ChatServer.StartAsync();
        var url = first.Url.GetLeftPart(UriPartial.Authority);

        var (exit, _, error) = await ServerProcess.RunAsync(["--Host:Url=" + url, Storage]);

        (exit, error.Trim()).ShouldBe((1, $"Host:Url is '{url}' and Host:Http2Url '' and Host:Https:Url '', but another process listens on one of them."));
    }

    [Theory]
    [InlineData("messages*.db", "PRAGMA user_version = 1000000", "has schema version 1000000, but this program knows only up to")]
    [InlineData("identity.db", "UPDATE identity_facts SET Number = 1000000 WHERE Key = 'oldest-program'", "on which programs of version 1000000 or newer may run")]
    public async Task A_schema_from_the_future_is_refused_and_left_alone(string name, string change, string sentence)
    {
        await using (await ChatServer.StartAsync(folder: _folder.FullName))
        {
        }
        var file = _folder.GetFiles(name).ShouldHaveSingleItem().FullName;
        await ExecuteAsync(file, change);
        var before = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);

        var (exit, _, error) = await ServerProcess.RunAsync(["--Host:Url=http://127.0.0.1:0", Storage]);

        exit.ShouldBe(1);
        error.Trim().ShouldContain(sentence);
        error.Trim().ShouldNotContain("\n");
        (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).ShouldBe(before);
    }

    [Fact]
    public async Task A_part_that_fails_while_the_server_runs_stops_it_with_exit_code_1()
    {
        string[] args = ["--Host:Url=http://127.0.0.1:0", Storage, "--Logging:LogLevel:Default=None", "--Identity:SetupCode=setup-code-of-tests"];

        (await Server.RunAsync(args, services => services.AddHostedService<Failing>())).ShouldBe(1);
        (await Server.RunAsync(args, services => services.AddHostedService<Stopping>())).ShouldBe(0);
    }

    private string Storage => "--Storage:Directory=" + _folder.FullName;

    private static async Task ExecuteAsync(string file, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Failing(IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
            await started.Task.WaitAsync(stoppingToken);
            throw new InvalidOperationException("planted");
        }
    }

    private sealed class Stopping(IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            lifetime.ApplicationStarted.Register(lifetime.StopApplication);
            return Task.CompletedTask;
        }
    }
}
