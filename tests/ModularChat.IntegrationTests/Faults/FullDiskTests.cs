using System.Diagnostics;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>A disk without room, as a small tmpfs: senders hear so, nothing is acked that is not stored, and it goes on by itself.</summary>
public sealed class FullDiskTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(EmbeddedEngines.All), MemberType = typeof(EmbeddedEngines))]
    public async Task A_full_disk_refuses_sends_retryably_and_serves_again_once_there_is_room(string engine)
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-full-").FullName;
        if (!await RunAsync("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder))
        {
            Directory.Delete(folder);
            Assert.Skip("Mounting a tmpfs needs root on Linux.");
        }
        ServerProcess? server = null;
        try
        {
            var ballast = Path.Combine(folder, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[16 * 1024 * 1024], Token);
            server = await ServerProcess.StartAsync(folder, settings: [Integrator.Settings, EmbeddedEngines.Setting(engine)]);
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            var user = await integrator.MakeUserAsync("writer");
            var group = await user.CreateGroupAsync("Full");
            var sender = new StubbornSender(user, group.Id);
            (Guid Id, string Text) refused = (Guid.Empty, "");
            for (var i = 0; sender.Refused == 0; i++)
            {
                i.ShouldBeLessThan(5000, "the disk never filled");
                refused = (Ids.New(), $"{i} {Noise()}");
                await sender.TrySendAsync(refused.Id, refused.Text, Token);
                sender.Unanswered.ShouldBe(0, "the server has to answer, not to end");
            }
            output.WriteLine($"{sender.Acked.Count} messages until the disk was full");
            for (var i = 0; i < 3; i++)
            {
                (await sender.TrySendAsync(Ids.New(), $"refused {i} {Noise()}", Token)).ShouldBeFalse();
            }
            // Reading needs no room.
            (await Ledger.ReadAllAsync(user, group.Id)).Count.ShouldBeGreaterThanOrEqualTo(sender.Acked.Count);

            File.Delete(ballast);
            var waited = Stopwatch.StartNew();
            while (!await sender.TrySendAsync(refused.Id, refused.Text, Token))
            {
                waited.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(1), "it did not recover");
                await Task.Delay(100, Token);
            }
            output.WriteLine($"served again after {waited.Elapsed.TotalSeconds:F1} s");
            await sender.SendAsync("after", Token);
            sender.Surprises.ShouldBeEmpty();
            var entries = await Ledger.ReadAllAsync(user, group.Id);
            // What was refused may or may not be there, but never twice, and never acked without being there.
            Ledger.ShouldHold([.. entries], [sender], allMayBeMore: true);
        }
        finally
        {
            if (server is not null)
            {
                output.WriteLine(server.Output);
                await server.DisposeAsync();
            }
            await RunAsync("umount", folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Nothing that an engine could pack so that it fits after all.</summary>
    private static string Noise() => Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(5_000));

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            await process.WaitForExitAsync(Token);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
