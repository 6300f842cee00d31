using System.Globalization;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Push;

/// <summary>
/// The real process, killed with SIGKILL between a stored message and the answer of the push service, at each step in between. What was due is sent, and
/// once; twice only when the server could not know of the answer, and then under the same id and topic.
/// </summary>
public sealed class PushKillTests(ITestOutputHelper output)
{
    private const int Groups = 8;
    private static readonly string[] Settings = [Integrator.Settings, .. PushServer.Settings];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public enum Step
    {
        /// <summary>As soon as the sender has its ack: decided or not.</summary>
        Stored,
        /// <summary>Rows wait: the service has asked to be left alone.</summary>
        Queued,
        /// <summary>Requests are at the service, which does not answer.</summary>
        Asked,
        /// <summary>The service has begun to answer: some answers are known, some are not.</summary>
        Answered,
    }

    [Theory]
    [InlineData(Step.Stored)]
    [InlineData(Step.Queued)]
    [InlineData(Step.Asked)]
    [InlineData(Step.Answered)]
    public async Task Whatever_was_due_is_pushed_after_kill_9(Step step)
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("MODULARCHAT_FAULT_ROUNDS") ?? "2", CultureInfo.InvariantCulture);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"{rounds} rounds, seed {seed}");
        var folder = Directory.CreateTempSubdirectory("modularchat-push-kill-").FullName;
        await using var push = await PushServer.StartAsync();
        var server = await ServerProcess.StartAsync(folder, settings: Settings);
        try
        {
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            var (alice, bob) = (await integrator.MakeUserAsync("alice"), await integrator.MakeUserAsync("bob"));
            var device = await push.SubscribeAsync(bob, "bob");
            var groups = new List<Guid>();
            for (var i = 0; i < Groups; i++)
            {
                groups.Add((await alice.CreateGroupAsync($"{i}", bob)).Id);
            }
            var due = new HashSet<(Guid, long)>();
            for (var round = 0; round < rounds; round++)
            {
                var release = new TaskCompletionSource();
                push.Reply = _ => step switch
                {
                    Step.Queued => new PushReply(503, "1"),
                    // What is asked already is not answered: so nothing that was taken can come again.
                    Step.Stored or Step.Asked => new PushReply(Delay: release.Task),
                    _ => new PushReply(),
                };
                var (before, taken) = (push.All.Length, push.Taken.Length);
                foreach (var group in groups)
                {
                    due.Add((group, (await alice.SendAsync(group, $"round {round}")).Seq));
                }
                await UntilAsync(() => step switch
                {
                    Step.Queued => push.All.Length > before,
                    Step.Asked => push.All.Length >= before + Groups,
                    Step.Answered => push.Taken.Length > taken,
                    _ => true,
                });
                await Task.Delay(random.Next(0, 60), Token);
                await server.KillAsync();
                await server.DisposeAsync();
                push.Reply = _ => new PushReply();
                server = await ServerProcess.StartAsync(folder, server.Url.Port, Settings);
                await UntilAsync(() => due.IsSubsetOf(Told(device)));
            }

            // Everything has come; what was sent twice may still be on its way.
            await Task.Delay(1000, Token);
            Told(device).ToHashSet().ShouldBe(due, ignoreOrder: true);
            var twice = device.Pushes.GroupBy(said => said.GetProperty("id").GetGuid()).Where(group => group.Count() > 1).ToList();
            output.WriteLine($"{due.Count} due, {device.Pushes.Length} taken, {twice.Count} of them twice; {push.All.Length} requests");
            if (step != Step.Answered)
            {
                twice.ShouldBeEmpty();
                device.Pushes.Length.ShouldBe(due.Count);
            }
            twice.ShouldAllBe(group => group.Count() == 2);
            push.Taken.GroupBy(p => p.Headers["Topic"]).Count().ShouldBe(Groups);
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<(Guid, long)> Told(Subscriber device) =>
        device.Pushes.Select(said => (said.GetProperty("conversationId").GetGuid(), said.GetProperty("seq").GetInt64()));

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
