using System.Diagnostics;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>
/// A disk that says for a while that it could not sync: a library of ours, loaded before the C library, says so while a file is there.
/// Nothing is acked meanwhile, the server recovers by itself, and nothing that was acked is lost.
/// </summary>
public sealed class FailedSyncTests(ITestOutputHelper output)
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdlib.h>
        #include <unistd.h>
        static int fails(void) { const char *file = getenv("FAIL_SYNC_WHILE"); return file && access(file, F_OK) == 0; }
        static int sync_by(const char *name, int fd) {
            if (fails()) { errno = EIO; return -1; }
            int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
            return real(fd);
        }
        int fsync(int fd) { return sync_by("fsync", fd); }
        int fdatasync(int fd) { return sync_by("fdatasync", fd); }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(EmbeddedEngines.All), MemberType = typeof(EmbeddedEngines))]
    public async Task While_the_disk_does_not_sync_nothing_is_acked_and_nothing_acked_is_lost(string engine)
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-sync-").FullName;
        ServerProcess? server = null;
        try
        {
            var (library, trigger, data) = (Path.Combine(folder, "failsync.so"), Path.Combine(folder, "fail"), Path.Combine(folder, "data"));
            await File.WriteAllTextAsync(Path.Combine(folder, "failsync.c"), Source, Token);
            if (!await CompileAsync(Path.Combine(folder, "failsync.c"), library))
            {
                Assert.Skip("Compiling the failing sync needs gcc.");
            }
            string[] settings = [Integrator.Settings, EmbeddedEngines.Setting(engine)];
            server = await ServerProcess.StartAsync(data, null, ["env", $"LD_PRELOAD={library}", $"FAIL_SYNC_WHILE={trigger}"], settings);
            using var integrator = await Integrator.FromFolderAsync(server.Url, data);
            var users = new[] { await integrator.MakeUserAsync("one"), await integrator.MakeUserAsync("two") };
            var group = await users[0].CreateGroupAsync("Sync", users[1..]);
            var senders = users.Select(u => new StubbornSender(u, group.Id)).ToArray();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var running = senders.Select(s => s.RunAsync(stop.Token, Token)).ToArray();
            await UntilAsync(() => senders.All(s => s.Acked.Count > 20));

            await File.WriteAllTextAsync(trigger, "", Token);
            await UntilAsync(() => senders.All(s => s.Refused > 1));
            var acked = senders.Select(s => s.Acked.Count).ToArray();
            await UntilAsync(() => senders.All(s => s.Refused > 6));
            senders.Select(s => s.Acked.Count).ShouldBe(acked);

            File.Delete(trigger);
            await UntilAsync(() => senders.Select((s, i) => s.Acked.Count > acked[i] + 20).All(grown => grown));
            await stop.CancelAsync();
            await Task.WhenAll(running);
            await server.KillAsync();
            await server.DisposeAsync();
            server = await ServerProcess.StartAsync(data, server.Url.Port, settings);
            var entries = await Ledger.ReadAllAsync(users[0], group.Id);
            Ledger.ShouldHold(entries, senders);
            output.WriteLine($"{senders.Sum(s => s.Acked.Count)} acked, {senders.Sum(s => s.Refused)} refused");
        }
        finally
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(1));
            await Task.Delay(20, Token);
        }
    }

    private static async Task<bool> CompileAsync(string source, string library)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("gcc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]) { UseShellExecute = false })!;
            await process.WaitForExitAsync(Token);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
