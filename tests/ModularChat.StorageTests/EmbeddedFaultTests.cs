using System.Diagnostics;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>What the embedded engines promise when the disk does not: nothing acked is lost, or the run says so.</summary>
public sealed class EmbeddedFaultTests
{
    private const int Messages = 20;
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(LogEngines.Embedded), MemberType = typeof(LogEngines))]
    public async Task A_full_disk_loses_nothing_acked_and_the_log_goes_on_once_there_is_room(string engine)
    {
        using var folder = new TemporaryFolder();
        if (!await RunAsync("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder.Path))
        {
            Assert.Skip("Mounting a small tmpfs needs root on Linux.");
        }
        try
        {
            var ballast = Path.Combine(folder.Path, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[16 * 1024 * 1024], Token);
            await using var test = new LogUnderTest(engine, folder.Path);
            await test.OpenAsync();
            var group = Ids.New();
            await test.Log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
            var acked = new List<Append>();
            var refused = new List<Append>();
            for (var i = 0; refused.Count < 4; i++)
            {
                i.ShouldBeLessThan(5000, "the disk never filled");
                var message = Appends.Message(group, Ann, $"{i} {Noise()}");
                try
                {
                    (await test.Log.AppendAsync(message, Token)).Outcome.ShouldBe(AppendOutcome.Stored);
                    acked.Add(message);
                }
                catch (LogUnavailableException)
                {
                    refused.Add(message);
                }
            }
            var entries = await test.Log.ReadAsync(group, 1, long.MaxValue, 10_000, newest: false, Token);
            acked.Select(a => a.ClientMessageId).Except(entries.Select(e => e.Entry.ClientMessageId!.Value)).ShouldBeEmpty();

            File.Delete(ballast);
            foreach (var message in refused.Concat(acked))
            {
                AppendResult? result = null;
                while (result is null)
                {
                    try
                    {
                        result = await test.Log.AppendAsync(message, Token);
                    }
                    catch (LogUnavailableException)
                    {
                        await Task.Delay(50, Token);
                    }
                }
                result.Value.Outcome.ShouldBeOneOf(refused.Contains(message) ? AppendOutcome.Stored : AppendOutcome.Duplicate, AppendOutcome.Duplicate);
            }
            await test.ReopenAsync();
            entries = await test.Log.ReadAsync(group, 1, long.MaxValue, 10_000, newest: false, Token);
            entries.Count.ShouldBe(1 + acked.Count + refused.Count);
            entries.Select(e => e.Entry.ClientMessageId).Distinct().Count().ShouldBe(entries.Count);
        }
        finally
        {
            await RunAsync("umount", folder.Path);
        }

        static async Task<bool> RunAsync(string command, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, UseShellExecute = false });
            await process!.WaitForExitAsync(Token);
            return process.ExitCode == 0;
        }
    }

    /// <summary>Nothing that an engine could pack so that it fits after all.</summary>
    private static string Noise() => Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(5_000));

    public static IEnumerable<TheoryDataRow<string, int, bool>> Tears() =>
        from engine in LogEngines.Embedded()
        from tear in new[] { (1, false), (100, false), (3000, false), (int.MaxValue, false), (2500, true) }
        select new TheoryDataRow<string, int, bool>(engine.Data, tear.Item1, tear.Item2) { Skip = engine.Skip };

    [Theory, MemberData(nameof(Tears))]
    public async Task A_write_ahead_log_without_its_end_gives_what_came_before_and_the_run_says_so(string engine, int bytes, bool flips)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        for (var i = 0; i < Messages; i++)
        {
            await test.AppendAsync(Appends.Message(test.Group, Ann, $"{i} {new string('x', 200)}"));
        }
        var (log, run, positions) = (test.Log.Info.LogId, test.Log.Info.RunId, await test.Log.GetPositionsAsync(Token));
        var copy = test.Test.Copy();
        await test.Test.CloseAsync();
        test.Test.Restore(copy);
        await TearAsync(test.Test, bytes, flips);
        await test.Test.OpenAsync();

        test.Log.Info.LogId.ShouldBe(log);
        var entries = await test.Log.ReadAsync(test.Group, 1, long.MaxValue, 1000, newest: false, Token);
        entries.Select(e => e.Entry.Seq).ShouldBe(Enumerable.Range(1, entries.Count).Select(i => (long)i));
        entries.Skip(1).Select((e, i) => (Text: Appends.Text(e.Entry)!, Index: i)).ShouldAllBe(e => e.Text.StartsWith($"{e.Index} x", StringComparison.Ordinal));
        // Every write was a transaction of its own: the last byte belongs to the last.
        entries.Count.ShouldBeLessThan(Messages + 1);
        entries.Count.ShouldBeGreaterThanOrEqualTo(bytes == 1 ? Messages : 0);
        (await test.Log.ContainsAsync(run, positions, Token)).ShouldBeFalse();
        if (entries.Count > 0)
        {
            (await test.AppendAsync(Appends.Message(test.Group, Ann, "on"))).Seq.ShouldBe(entries.Count + 1);
        }
        (await test.Log.ContainsAsync(run, positions, Token)).ShouldBeFalse();
    }

    /// <summary>Takes bytes off the end of the newest write-ahead log, or flips one so far from its end.</summary>
    private static async Task TearAsync(LogUnderTest test, int bytes, bool flips)
    {
        var wal = test.Engine == "rocksdb"
            ? Directory.GetFiles(test.File, "*.log").Order(StringComparer.Ordinal).Last(f => new FileInfo(f).Length > 0)
            : test.File + "-wal";
        await using var file = new FileStream(wal, FileMode.Open, FileAccess.ReadWrite);
        if (!flips)
        {
            file.SetLength(Math.Max(0, file.Length - bytes));
            return;
        }
        var at = file.Length - bytes;
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)~value);
    }
}
