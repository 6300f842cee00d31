using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Faults;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Push;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Roles;

/// <summary>Each module in a process of its own, as it would run on a machine of its own.</summary>
public sealed class SplitProcessTests(ITestOutputHelper output)
{
    private static readonly (string, string)[] Beside = [("api", "api"), ("gateway", "gateway"), ("presence", "presence"), ("discovery", "discovery"), ("notifications", "notifications")];
    private static readonly (string, string)[] Alone = [.. Beside, ("messaging", "messaging")];
    private static readonly (string, string)[] Twice = [.. Alone, ("messaging-2", "messaging")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private sealed record Person(Guid Id, string Token, HttpClient Http);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_people_talk_see_each_other_and_sign_out_over_processes_of_one_module_each_of_which_one_may_be_killed(bool messagingBeside)
    {
        await using var push = await PushServer.StartAsync();
        await using var cluster = await SplitProcesses.StartAsync(messagingBeside, messagingBeside ? Beside : Twice, PushServer.Settings);
        var (anna, ben) = (await RegisterAsync(cluster, "anna"), await RegisterAsync(cluster, "ben"));

        // Where to connect, by a process that knows nothing but the registry.
        using var anyone = new HttpClient();
        var chosen = await UntilAsync(async () =>
        {
            using var answer = await anyone.GetAsync(new Uri(cluster["discovery"].Url, "/api/v1/discovery/server"), Cancel);
            return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("url").GetString() : null;
        });
        new Uri(chosen).ShouldBe(cluster["gateway"].Url);
        var conversation = await OpenAsync(anna, ben);
        using var device = new PushDevice();
        // Its process may be up and not yet seen by the one that is asked: as a client would, again after a 503.
        await UntilAsync(async () =>
        {
            using var answer = await ben.Http.PostAsJsonAsync("me/push/subscriptions", new { endpoint = new Uri(push.Url, "/push/ben"), keys = new { p256dh = device.P256dh, auth = device.Auth } }, Cancel);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable ? null : $"{answer.EnsureSuccessStatusCode().StatusCode}";
        });
        await using var annas = await LiveAsync(chosen, anna);
        await using var bens = await LiveAsync(chosen, ben);

        await annas.SendAsync(Send(conversation, "hello from elsewhere", "1"), Cancel);
        (await annas.ExpectAsync("ack", Cancel))["seq"]!.GetValue<long>().ShouldBe(2);
        (await bens.ExpectAsync("entry", Cancel)).ToJsonString().ShouldContain("hello from elsewhere");
        // Nobody looks at the connection: the process with the pushes has heard of it too.
        await UntilAsync(() => Task.FromResult(Array.Find(push.Taken, taken => device.Read(taken.Body).Contains("hello from elsewhere", StringComparison.Ordinal))));
        // The other way by REST: another process commits it.
        (await ben.Http.PostAsJsonAsync($"conversations/{conversation}/messages", new { clientMessageId = Ids.New(), text = "and back" }, Cancel)).EnsureSuccessStatusCode();
        await FrameAsync(annas, frame => frame["type"]!.GetValue<string>() == "entry" && frame.ToJsonString().Contains("and back", StringComparison.Ordinal));

        // Presence, in frames and over REST.
        await annas.SendAsync(new JsonObject { ["type"] = "watch", ["id"] = "w", ["userIds"] = new JsonArray($"{ben.Id}") }, Cancel);
        await FrameAsync(annas, frame => frame["type"]!.GetValue<string>() == "presence" && frame.ToJsonString().Contains("online", StringComparison.Ordinal));
        (await anna.Http.GetStringAsync($"presence?userIds={ben.Id}", Cancel)).ShouldContain("online");

        // Sign-out, at the process with the accounts, ends the connection at the one with the connections.
        (await ben.Http.PostAsync("logout", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        while (await bens.ReceiveAsync(Cancel) is not null)
        {
        }
        ((int?)bens.CloseStatus).ShouldBe(4100);
        await FrameAsync(annas, frame => frame["type"]!.GetValue<string>() == "presence" && frame.ToJsonString().Contains("offline", StringComparison.Ordinal));

        if (!messagingBeside)
        {
            var heard = HearAsync(annas, "after the kill");
            await KillUnderLoadAsync(cluster, anna, conversation);
            (await anna.Http.PostAsJsonAsync($"conversations/{conversation}/messages", new { clientMessageId = Ids.New(), text = "after the kill" }, Cancel)).EnsureSuccessStatusCode();
            // The gateway follows the other one now, from where it was: the connection has missed nothing and got nothing twice.
            var seqs = await heard;
            seqs.ShouldBe(Enumerable.Range((int)seqs[0], seqs.Count).Select(seq => (long)seq));
        }
    }

    /// <summary>One of two nodes with Messaging is killed while four send: what is confirmed is there once and in order, and all goes on.</summary>
    private async Task KillUnderLoadAsync(SplitProcesses cluster, Person person, Guid conversation)
    {
        var user = new ChatUser(person.Id, "anna", Guid.Empty, person.Token, person.Http);
        StubbornSender[] senders = [.. Enumerable.Range(0, 4).Select(i => new StubbornSender(user with { Name = $"anna{i}" }, conversation))];
        using var stop = new CancellationTokenSource();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(90));
        Task[] sending = [.. senders.Select(s => s.RunAsync(stop.Token, limit.Token))];
        await UntilMoreAsync(20);
        await cluster["messaging"].KillAsync();
        var clock = Stopwatch.StartNew();
        await UntilMoreAsync(20);
        output.WriteLine($"all four have sent 20 more {clock.Elapsed.TotalSeconds:F1} s after a kill; {senders.Sum(s => s.Refused)} refused, to be tried again");
        await stop.CancelAsync();
        await Task.WhenAll(sending);

        senders.SelectMany(s => s.Surprises).ShouldBeEmpty();
        var found = new List<(long Seq, string Text)>();
        for (var after = 0L; ;)
        {
            var page = await user.HistoryAsync(conversation, after: after);
            found.AddRange(page.Entries.Where(e => e.Kind == EntryKind.Message).Select(e => (e.Seq, e.Body!.ToString())));
            if (!page.More)
            {
                break;
            }
            after = page.Entries.Max(e => e.Seq);
        }
        foreach (var sender in senders)
        {
            sender.Acked.Select(a => a.Stored.Seq).ShouldBeInOrder();
            foreach (var (text, stored) in sender.Acked)
            {
                found.Where(f => f.Text.Contains($"\"{text}\"", StringComparison.Ordinal)).Select(f => f.Seq).ShouldBe([stored.Seq], text);
            }
        }

        async Task UntilMoreAsync(int count)
        {
            int[] before = [.. senders.Select(s => s.Acked.Count)];
            while (senders.Zip(before).Any(s => s.First.Acked.Count < s.Second + count))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            }
        }
    }

    [Fact(Explicit = true)]
    public async Task What_a_split_costs_is_printed()
    {
        var beside = await MeasureAsync(true, Beside);
        var alone = await MeasureAsync(false, Alone);
        var one = await MeasureAsync(true, [("api", "all")]);
        output.WriteLine($"one process {one.TotalMilliseconds:F3}, Messaging beside Gateway {beside.TotalMilliseconds:F3}, alone {alone.TotalMilliseconds:F3} ms of CPU a message; {beside / one:F2}, {alone / one:F2}, alone to beside {alone / beside:F2}");
    }

    /// <summary>Processor time of all servers for a message that one sends and one gets.</summary>
    private async Task<TimeSpan> MeasureAsync(bool messagingBeside, (string, string)[] nodes)
    {
        const int Warm = 2_000, Messages = 6_000, Pairs = 8;
        // Those who only listen send no heartbeats here.
        await using var cluster = await SplitProcesses.StartAsync(messagingBeside, nodes, "Gateway:OfflineAfterSeconds=900");
        var gateway = $"{(nodes.Length == 1 ? cluster["api"] : cluster["gateway"]).Url}";
        List<(RawSocket From, RawSocket To, Guid Conversation)> pairs = [];
        for (var i = 0; i < Pairs; i++)
        {
            var (from, to) = (await RegisterAsync(cluster, $"from{i}"), await RegisterAsync(cluster, $"to{i}"));
            var conversation = await OpenAsync(from, to);
            pairs.Add((await LiveAsync(gateway, from), await LiveAsync(gateway, to), conversation));
        }
        await RunAsync(Warm);
        var (clock, before) = (Stopwatch.StartNew(), cluster.Cpu);
        await RunAsync(Messages);
        var used = cluster.Cpu - before;
        output.WriteLine($"{nodes.Length} processes: {Messages} messages in {clock.Elapsed.TotalSeconds:F1} s, {used.TotalSeconds:F2} s of CPU");
        foreach (var (from, to, _) in pairs)
        {
            await from.DisposeAsync();
            await to.DisposeAsync();
        }
        return used / Messages;

        Task RunAsync(int messages) => Task.WhenAll(pairs.Select(async pair =>
        {
            for (var i = 0; i < messages / Pairs; i++)
            {
                await pair.From.SendAsync(Send(pair.Conversation, "a message of ordinary length, as people write them", $"{i}"), Cancel);
                await pair.From.ExpectAsync("ack", Cancel);
                await pair.To.ExpectAsync("entry", Cancel);
            }
        }));
    }

    private static JsonObject Send(Guid conversation, string text, string id) =>
        new() { ["type"] = "send", ["id"] = id, ["conversationId"] = conversation, ["clientMessageId"] = Ids.New(), ["text"] = text };

    private static async Task<Person> RegisterAsync(SplitProcesses cluster, string name)
    {
        var client = new HttpClient { BaseAddress = new Uri(cluster["api"].Url, "/api/v1/") };
        using var answer = await client.PostAsJsonAsync("register", new { name, password = ChatUser.Password }, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        using var json = JsonDocument.Parse(text);
        var token = json.RootElement.GetProperty("session").GetProperty("token").GetString()!;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new Person(json.RootElement.GetProperty("user").GetProperty("id").GetGuid(), token, client);
    }

    /// <summary>Once the node with Messaging is known.</summary>
    private static async Task<Guid> OpenAsync(Person one, Person other)
    {
        var opened = await UntilAsync(async () =>
        {
            using var answer = await one.Http.PutAsync($"conversations/direct/{other.Id}", null, Cancel);
            return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("id").GetString() : null;
        });
        return Guid.Parse(opened);
    }

    private static Task<RawSocket> LiveAsync(string gateway, Person person) => UntilAsync(async () =>
    {
        try
        {
            return (await RawSocket.LiveAsync(new Uri(gateway), person.Token, Cancel)).Socket;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    });

    private static async Task FrameAsync(RawSocket socket, Func<JsonNode, bool> isIt)
    {
        while (!isIt(await socket.ReceiveAsync(Cancel) ?? throw new InvalidOperationException($"closed with {(int?)socket.CloseStatus}")))
        {
        }
    }

    /// <summary>The numbers of the entries that come, to the one with a text.</summary>
    private static async Task<List<long>> HearAsync(RawSocket socket, string last)
    {
        List<long> seqs = [];
        await FrameAsync(socket, frame =>
        {
            if (frame["type"]!.GetValue<string>() != "entry")
            {
                return false;
            }
            seqs.Add(frame["entry"]!["seq"]!.GetValue<long>());
            return frame.ToJsonString().Contains(last, StringComparison.Ordinal);
        });
        return seqs;
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T?>> find)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (await find() is { } found)
            {
                return found;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
        }
    }
}
