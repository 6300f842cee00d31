using ModularChat.Client.Folding;
using ModularChat.Client.Wire;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.UnitTests.Messaging;
using ClientEntry = ModularChat.Client.Entry;
using ClientKind = ModularChat.Client.EntryKind;

namespace ModularChat.UnitTests.Reading;

/// <summary>Whatever happens in the conversations and on the way, every device folds to what the server says.</summary>
public sealed class SyncPropertyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int, string> Runs => new()
    {
        { 1, "Messaging:RecentEntriesBytes=67108864" },
        { 2, "Messaging:RecentEntriesBytes=67108864" },
        { 3, "Messaging:RecentEntriesBytes=67108864" },
        { 4, "Messaging:RecentEntriesBytes=0" },
        { 5, "Messaging:RecentEntriesBytes=20000" },
        { 6, "Messaging:RecentEntriesBytes=67108864" },
    };

    [Theory, MemberData(nameof(Runs))]
    public async Task Every_device_folds_to_the_state_of_the_server(int seed, string memory)
    {
        var random = new Random(seed);
        await using var chat = await Chat.StartAsync(memory);
        var life = new RandomChat(chat, random);
        await life.BeginAsync(people: 5, conversations: 4);
        var pollers = life.People.ConvertAll(person => new Device(chat, person));
        var live = life.People.ConvertAll(person => new Device(chat, person));
        var late = life.People.ConvertAll(person => new Device(chat, person));
        foreach (var device in live)
        {
            await device.SyncAsync(random.Next(1, 1_001));
        }
        for (var step = 0; step < 700; step++)
        {
            await life.StepAsync();
            if (random.Next(6) == 0)
            {
                var device = pollers[random.Next(pollers.Count)];
                await device.SyncAsync(random.Next(4) == 0 ? 1 : random.Next(1, 40), () => random.Next(3) == 0);
            }
            if (random.Next(10) == 0)
            {
                chat.Time.Advance(TimeSpan.FromSeconds(1));
            }
            await DeliverAsync(chat, live, () => random.Next(10) > 2);
        }

        await life.SettleAsync();
        await QuietenAsync(chat, [.. pollers, .. live, .. late], random);

        foreach (var device in (Device[])[.. pollers, .. live, .. late])
        {
            await device.ReadGapsAsync();
            await CompareAsync(chat, device);
        }
        pollers.ShouldAllBe(device => device.Holes == 0);
        late.ShouldAllBe(device => device.Holes == 0);
    }

    [Theory, InlineData("Messaging:RecentEntriesBytes=67108864"), InlineData("Messaging:RecentEntriesBytes=0")]
    public async Task Devices_that_sync_while_others_write_see_no_hole(string memory)
    {
        await using var chat = await Chat.StartAsync(memory);
        var random = new Random(7);
        var life = new RandomChat(chat, random);
        await life.BeginAsync(people: 4, conversations: 3);
        var writing = Task.WhenAll(Enumerable.Range(20, 4).Select(seed => WriteAsync(chat, life, new Random(seed))));
        var devices = life.People.ConvertAll(person => new Device(chat, person));
        await Task.WhenAll(devices.Select((device, i) => PollAsync(device, new Random(30 + i), writing)));

        await life.SettleAsync();
        await QuietenAsync(chat, [.. devices], random);

        foreach (var device in devices)
        {
            await device.ReadGapsAsync();
            await CompareAsync(chat, device);
        }
        devices.ShouldAllBe(device => device.Holes == 0);
    }

    private static async Task WriteAsync(Chat chat, RandomChat life, Random random)
    {
        var own = new RandomChat(chat, random, life);
        for (var i = 0; i < 300; i++)
        {
            await own.StepAsync();
        }
        await own.SettleAsync();
    }

    private static async Task PollAsync(Device device, Random random, Task until)
    {
        while (!until.IsCompleted)
        {
            await device.SyncAsync(random.Next(1, 30), () => random.Next(4) == 0);
            await Task.Yield();
        }
        await until;
    }

    /// <summary>
    /// Syncs until nobody gets anything new: presenting a cursor moves marks, which are news to others. A mark is written beside the sync
    /// that moves it, so each round ends when all that was queued for the log is on disk, and only the round after it tells whether that was news.
    /// </summary>
    private static async Task QuietenAsync(Chat chat, Device[] devices, Random random)
    {
        var quiet = 0;
        for (var round = 0; round < 100; round++)
        {
            var got = 0;
            foreach (var device in devices)
            {
                got += await device.SyncAsync(random.Next(1, 100));
            }
            quiet = got == 0 ? quiet + 1 : 0;
            if (quiet == 2)
            {
                return;
            }
            // The end of all windows of marks; what they held is queued when this returns, and the log writes in the order of its queue.
            chat.Time.Advance(TimeSpan.FromSeconds(1));
            await chat.Log.AdvanceMarksAsync([new MarkAdvance(Ids.New(), Ids.New(), 1, 1)], Token);
        }
        throw new InvalidOperationException("The devices never come to rest.");
    }

    private static async Task DeliverAsync(Chat chat, List<Device> live, Func<bool> comes)
    {
        while (chat.Published.Events.TryDequeue(out var stored))
        {
            foreach (var device in live)
            {
                await device.LiveAsync(stored, comes);
            }
        }
    }

    private static async Task CompareAsync(Chat chat, Device device)
    {
        var ids = await chat.Cache.ListAsync(device.User, Token);
        foreach (var id in ids)
        {
            var info = await chat.SeeAsync(device.User, id);
            if (info.Me is { Role: MemberRole.None, Ranges.Length: 0 })
            {
                continue;
            }
            var fold = device.Folds.ShouldContainKeyAndGet(id);
            CompareState(info, fold);
            var history = await HistoryAsync(chat, device.User, id);
            await CompareMessagesAsync(chat, device, fold, history);
            var unread = history.Count(e => e.Kind == ClientKind.Message && e.SenderId != device.User && e.Seq > info.Me.Read);
            info.Me.Unread.ShouldBe(unread);
        }
        device.Folds.Keys.Except(ids).ShouldBeEmpty();
    }

    private static async Task CompareMessagesAsync(Chat chat, Device device, ConversationFold fold, List<ClientEntry> history)
    {
        var id = history.Count > 0 ? history[0].ConversationId : Guid.Empty;
        // What happened to a message while the reader was out shows in history, but no entry told the device of it.
        var all = await chat.Log.ReadAsync(id, 1, long.MaxValue, 100_000, newest: false, Token);
        var unseen = all.Where(e => e.Entry.Target is not null && !fold.IsAnyVisible(e.Entry.Seq, e.Entry.Seq)).Select(e => e.Entry.Target!.Value).ToHashSet();
        var mine = fold.Timeline.Where(e => e.Kind == ClientKind.Message).ToDictionary(e => e.Seq, Json);
        var theirs = history.Where(e => e.Kind == ClientKind.Message).ToDictionary(e => e.Seq, Json);
        mine.Keys.ShouldBe(theirs.Keys, $"device of {device.User} in {id}");
        foreach (var (seq, json) in theirs)
        {
            if (!unseen.Contains(seq))
            {
                mine[seq].ShouldBe(json);
            }
        }
    }

    private static void CompareState(ConversationInfo info, ConversationFold fold)
    {
        var me = Device.ToClient(info.Me, ContractsJson.Wire.OwnState, ClientJson.Default.OwnState);
        fold.State.Me.Role.ShouldBe(me.Role);
        fold.State.Me.Ranges.ShouldBe(me.Ranges);
        (fold.State.Me.Delivered, fold.State.Me.Read, fold.State.Me.Version).ShouldBe((me.Delivered, me.Read, me.Version));
        if (info.Me.Role == MemberRole.None)
        {
            return;
        }
        fold.State.Me.Unread.ShouldBe(me.Unread);
        fold.State.Title.ShouldBe(info.Title);
        (fold.State.Keep?.Days, fold.State.Keep?.Count).ShouldBe((info.Keep?.Days, info.Keep?.Count));
        fold.State.MemberCount.ShouldBe(info.MemberCount);
        fold.State.StateSeq.ShouldBe(info.StateSeq);
        fold.State.Members!.OrderBy(m => m.UserId).Select(m => (m.UserId, (int)m.Role)).ShouldBe(info.Members!.OrderBy(m => m.UserId).Select(m => (m.UserId, (int)m.Role)));
        // Marks are for members and of members; a device may still hold those of the time before an invitation.
        if (info.Me.Role >= MemberRole.Member)
        {
            fold.State.Members!.Where(m => m.Role >= ModularChat.Client.MemberRole.Member).OrderBy(m => m.UserId).Select(m => (m.UserId, m.Delivered, m.Read))
                .ShouldBe(info.Members!.Where(m => m.Role >= MemberRole.Member).OrderBy(m => m.UserId).Select(m => (m.UserId, m.Delivered, m.Read)));
        }
    }

    private static async Task<List<ClientEntry>> HistoryAsync(Chat chat, Guid user, Guid conversation)
    {
        var entries = new List<ClientEntry>();
        for (long? before = null; ;)
        {
            var page = await chat.Mediator.Send(new GetHistory(Chat.As(user), conversation, before, null, 37), Token);
            entries.InsertRange(0, Device.ToClient(page, ContractsJson.Wire.HistoryPage, ClientJson.Default.HistoryPage).Entries);
            if (!page.More)
            {
                return entries;
            }
            before = page.Entries[0].Seq;
        }
    }

    private static string Json(ClientEntry entry) => System.Text.Json.JsonSerializer.Serialize(entry, ClientJson.Default.Entry);
}

internal static class Found
{
    public static TValue ShouldContainKeyAndGet<TKey, TValue>(this IReadOnlyDictionary<TKey, TValue> map, TKey key) where TKey : notnull =>
        map.TryGetValue(key, out var value) ? value : throw new ShouldAssertException($"{key} is missing");
}
