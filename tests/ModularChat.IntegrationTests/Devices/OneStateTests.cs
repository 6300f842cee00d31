using System.Diagnostics;
using System.Globalization;
using ModularChat.Client;
using ModularChat.Client.Folding;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Devices;

/// <summary>
/// Five devices of one user over five transports, each away at random, among 20 people who do whatever people do: at the end all devices of all
/// have the state of the server. <c>DEVICES_STEPS</c> and <c>DEVICES_SEED</c> make it longer or repeat it (what happens at the same time still differs).
/// </summary>
public sealed class OneStateTests
{
    private const int People = 20, Writers = 3;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_devices_of_everybody_end_with_the_state_of_the_server()
    {
        var steps = Number("DEVICES_STEPS") ?? 2_500;
        var seed = Number("DEVICES_SEED") ?? Random.Shared.Next(1_000_000);
        TestContext.Current.TestOutputHelper?.WriteLine($"DEVICES_SEED={seed} DEVICES_STEPS={steps}");
        await using var server = await ChatServer.StartAsync();
        var people = await server.RegisterAsync([.. Enumerable.Range(0, People).Select(i => $"person{i}")]);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var crowd = new Crowd(people);
        await crowd.StartAsync(groups: 8);

        var devices = new List<OneDevice>();
        foreach (var way in Enum.GetValues<Way>())
        {
            var first = devices.Count == 0;
            devices.Add(new OneDevice(server.Url, first ? people[0] : await server.LoginAsync(people[0].Name), way, http, new Random(seed + devices.Count)));
        }
        for (var i = 1; i < People; i++)
        {
            devices.Add(new OneDevice(server.Url, people[i], (Way)(i % 5), http, new Random(seed + devices.Count)));
        }
        var clock = Stopwatch.StartNew();
        var reading = devices.Select(device => device.UseAsync(crowd, steps)).ToArray();
        var writing = Enumerable.Range(0, Writers).Select(i => crowd.WriteAsync(new Random(seed - 1 - i), steps / Writers + Writers)).ToArray();
        // Whoever fails first says why: the others would wait for ever.
        for (List<Task> left = [.. reading, .. writing]; left.Count > 0;)
        {
            var done = await Task.WhenAny(left);
            await done;
            left.Remove(done);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{crowd.Steps} steps in {clock.Elapsed.TotalSeconds:F0} s: {string.Join(", ", crowd.Done.OrderBy(done => done.Key).Select(done => $"{done.Key} {done.Value}"))}");
        TestContext.Current.TestOutputHelper?.WriteLine($"devices were away {devices.Sum(device => device.Absences)} times, {devices.Sum(device => device.Doubled)} entries came twice");

        clock.Restart();
        List<string> different;
        do
        {
            different = [];
            foreach (var device in devices)
            {
                await device.CatchUpAsync();
            }
            foreach (var group in devices.GroupBy(device => device.User.Id))
            {
                var truth = await TruthAsync(server, http, group.First().User);
                different.AddRange(group.Where(device => device.Hash != FoldedState.Hash(truth)).Select(device => $"{device.User.Name} by {device.Way}: {device.DifferenceFrom(truth)}"));
            }
        }
        while (different.Count > 0 && clock.Elapsed < Settle);
        different.ShouldBeEmpty(string.Join('\n', different.Take(20)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{devices.Count} devices equal to the server after {clock.Elapsed.TotalSeconds:F1} s; person0: {string.Join(' ', devices.Take(5).Select(device => device.Hash))}");
        devices.Sum(device => device.Absences).ShouldBeGreaterThan(devices.Count);
    }

    /// <summary>The server's state: the documents of all conversations with everything that history has of them, and the general data.</summary>
    private static async Task<string[]> TruthAsync(ChatServer server, HttpMessageInvoker http, ChatUser user)
    {
        var api = new ChatApi(http, server.Url, new ChatCredentials(user.Token));
        var folds = new List<ConversationFold>();
        Guid? after = null;
        for (var more = true; more;)
        {
            var page = await api.GetConversationsAsync(after, 200, Token);
            foreach (var state in page.Conversations)
            {
                var fold = new ConversationFold(user.Id, 100_000);
                fold.ApplyState(state);
                while (fold.Have < state.Head && !fold.ApplyHistory(await api.GetHistoryAsync(state.Id, after: fold.Have, limit: 200, token: Token), state.Head))
                {
                }
                folds.Add(fold);
            }
            (more, after) = (page.More, page.Conversations.Count > 0 ? page.Conversations[^1].Id : null);
        }
        return [.. FoldedState.Lines(folds), .. await OneDevice.ReadGeneralAsync(user)];
    }

    private static int? Number(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
