using System.Diagnostics;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

/// <summary>Devices that come back: after a month, after a restart, to an older copy of the data.</summary>
public sealed class ComingBackTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_month_away_in_fifty_busy_groups_comes_in_bounded_pages()
    {
        await using var chat = await Chat.StartAsync("Messaging:RecentEntriesBytes=1000000");
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        var groups = new List<Guid>();
        for (var i = 0; i < 50; i++)
        {
            groups.Add(await chat.GroupAsync(ann, HistoryVisibility.All, bo));
        }
        var device = new Device(chat, bo);
        await device.SyncAsync(500);
        await Task.WhenAll(groups.Select((group, i) => TalkAsync(chat, ann, group, i == 0 ? 2_000 : 300)));
        var pagesBefore = device.Pages;
        var started = Stopwatch.GetTimestamp();

        await device.SyncAsync(500);

        TestContext.Current.TestOutputHelper?.WriteLine($"{device.Pages - pagesBefore} pages in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
        // 50 conversations of 200 entries each, three of them a page.
        (device.Pages - pagesBefore).ShouldBeInRange(15, 18);
        device.Folds[groups[0]].Gaps.ShouldHaveSingleItem().ShouldBe(new ModularChat.Client.SeqRange(2, 1_801));
        foreach (var group in groups)
        {
            device.Folds[group].Have.ShouldBe((await chat.SeeAsync(bo, group)).Head);
        }
    }

    [Fact]
    public async Task A_cursor_holds_over_a_restart_also_in_the_middle_of_a_sync()
    {
        var chat = await Chat.StartAsync();
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        var groups = new List<Guid>();
        for (var i = 0; i < 12; i++)
        {
            groups.Add(await chat.GroupAsync(ann, HistoryVisibility.All, bo));
        }
        var device = new Device(chat, bo);
        await device.SyncAsync(3, () => true);
        device.Folds.Count.ShouldBe(3);
        await using var again = await Chat.OpenAsync(await chat.CloseAsync());
        await again.SendAsync(ann, groups[0]);

        var back = new Device(again, bo) { Cursor = device.Cursor };
        await back.SyncAsync(3);
        await back.SyncAsync(3);

        back.Resets.ShouldBe(0);
        device.Folds.Keys.Concat(back.Folds.Keys).Distinct().ShouldBe([.. groups, Ids.Self(bo)], ignoreOrder: true);
    }

    [Fact]
    public async Task An_older_copy_of_the_data_resets_the_device_and_nothing_is_skipped()
    {
        var chat = await Chat.StartAsync();
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        await chat.SendAsync(ann, group, "kept");
        var device = new Device(chat, bo);
        await device.SyncAsync(500);
        var older = device.Cursor!;
        var folder = await chat.CloseAsync();
        var copy = Directory.CreateTempSubdirectory("modularchat-unit-");
        Copy(folder, copy);

        // Life goes on after the copy was taken, then it is restored.
        var lost = await Chat.OpenAsync(folder);
        await lost.SendAsync(ann, group, "lost");
        device = new Device(lost, bo) { Cursor = older };
        await device.SyncAsync(500);
        (await lost.CloseAsync()).Delete(recursive: true);
        await using var restored = await Chat.OpenAsync(copy);
        await restored.SendAsync(ann, group, "new");

        var back = new Device(restored, bo) { Cursor = device.Cursor };
        await back.SyncAsync(500);
        var before = new Device(restored, bo) { Cursor = older };
        await before.SyncAsync(500);

        back.Resets.ShouldBe(1);
        back.Folds[group].Timeline.Select(e => e.Body?.Text).Where(text => text != null).ShouldBe(["kept", "new"]);
        before.Resets.ShouldBe(0);
        before.Folds[group].Timeline.Select(e => e.Body?.Text).ShouldContain("new");
    }

    [Fact]
    public async Task The_cursor_of_another_server_is_refused()
    {
        await using var one = await Chat.StartAsync();
        await using var other = await Chat.StartAsync();
        var cursor = await one.Mediator.Send(new MakeCursor(await one.Mediator.Send(new GetPositions(), Token)), Token);

        (await Chat.CodeOfAsync(() => other.Mediator.Send(new Sync(Chat.As(Ids.New()), cursor, 500), Token))).ShouldBe("invalid_cursor");
        (await Chat.CodeOfAsync(() => other.Mediator.Send(new Acknowledge(Chat.As(Ids.New()), cursor), Token))).ShouldBe("invalid_cursor");
        (await Chat.CodeOfAsync(() => other.Mediator.Send(new WaitSync(Chat.As(Ids.New()), cursor, 500, TimeSpan.FromSeconds(1)), Token))).ShouldBe("invalid_cursor");
    }

    private static async Task TalkAsync(Chat chat, Guid user, Guid group, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await chat.SendAsync(user, group);
        }
    }

    private static void Copy(DirectoryInfo from, DirectoryInfo to)
    {
        foreach (var file in from.GetFiles("*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to.FullName, Path.GetRelativePath(from.FullName, file.FullName));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            file.CopyTo(target);
        }
    }
}
