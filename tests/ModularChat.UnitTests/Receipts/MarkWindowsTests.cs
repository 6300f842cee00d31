using ModularChat.Contracts;
using ModularChat.Messaging.Receipts;
using ModularChat.Messaging.Storage;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Receipts;

public sealed class MarkWindowsTests : IAsyncDisposable
{
    private static readonly Guid Conversation = Ids.New(), Reader = Ids.New();
    private readonly ManualTime time = new();
    private readonly MarksLog log = new();

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Fact]
    public async Task The_first_advance_is_written_at_once()
    {
        using var windows = new MarkWindows(log, time);

        await windows.AdvanceAsync(Conversation, Reader, 5, null);

        log.Writes.ShouldHaveSingleItem().ShouldHaveSingleItem().ShouldBe(new MarkAdvance(Conversation, Reader, 5, null));
    }

    [Fact]
    public async Task Advances_within_a_second_become_one_write_and_each_caller_waits_for_it()
    {
        using var windows = new MarkWindows(log, time);
        await windows.AdvanceAsync(Conversation, Reader, 1, null);

        Task[] callers = [
            windows.AdvanceAsync(Conversation, Reader, 9, null),
            windows.AdvanceAsync(Conversation, Reader, 4, 3),
            windows.AdvanceAsync(Conversation, Reader, null, 7)];
        time.Advance(TimeSpan.FromMilliseconds(999));
        log.Writes.Count.ShouldBe(1);
        callers.ShouldAllBe(caller => !caller.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        await Task.WhenAll(callers);
        log.Writes.Count.ShouldBe(2);
        log.Writes[1].ShouldHaveSingleItem().ShouldBe(new MarkAdvance(Conversation, Reader, 9, 7));
    }

    [Fact]
    public async Task A_window_without_advances_closes_and_the_next_advance_is_written_at_once()
    {
        using var windows = new MarkWindows(log, time);
        await windows.AdvanceAsync(Conversation, Reader, 1, null);
        time.Advance(MarkWindows.Length);
        windows.Count.ShouldBe(0);
        time.Waiting.ShouldBe(0);

        await windows.AdvanceAsync(Conversation, Reader, 2, null);

        log.Writes.Count.ShouldBe(2);
    }

    [Fact]
    public void A_steady_stream_is_one_write_a_second()
    {
        using var windows = new MarkWindows(log, time);
        for (var i = 1; i <= 100; i++)
        {
            _ = windows.AdvanceAsync(Conversation, Reader, i, null);
            time.Advance(TimeSpan.FromMilliseconds(100));
        }
        time.Advance(TimeSpan.FromSeconds(2));

        log.Writes.Count.ShouldBeInRange(10, 12);
        log.Writes[^1].ShouldHaveSingleItem().Delivered.ShouldBe(100);
    }

    [Fact]
    public async Task Windows_that_end_together_are_written_together()
    {
        using var windows = new MarkWindows(log, time);
        var readers = Enumerable.Range(0, 50).Select(_ => Ids.New()).ToList();
        await Task.WhenAll(readers.Select(reader => windows.AdvanceAsync(Conversation, reader, 1, null)));
        var second = Task.WhenAll(readers.Select(reader => windows.AdvanceAsync(Conversation, reader, 2, null)));

        time.Advance(MarkWindows.Length);
        await second;

        log.Writes.Count.ShouldBe(51);
        log.Writes[^1].Select(advance => advance.UserId).ShouldBe(readers, ignoreOrder: true);
    }

    [Fact]
    public async Task At_the_stop_what_waits_is_written_and_nothing_waits_any_more()
    {
        using var windows = new MarkWindows(log, time);
        await windows.AdvanceAsync(Conversation, Reader, 1, null);
        var late = windows.AdvanceAsync(Conversation, Reader, 2, null);

        await windows.StopAsync();

        late.IsCompletedSuccessfully.ShouldBeTrue();
        await windows.AdvanceAsync(Conversation, Reader, 3, null);
        await windows.AdvanceAsync(Conversation, Reader, 4, null);
        log.Writes.Select(write => write.ShouldHaveSingleItem().Delivered).ShouldBe([1L, 2, 3, 4]);
        windows.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Callers_learn_that_a_write_failed_and_the_next_one_is_tried_anew()
    {
        using var windows = new MarkWindows(log, time);
        await windows.AdvanceAsync(Conversation, Reader, 1, null);
        log.Failure = new LogUnavailableException("full");
        var late = windows.AdvanceAsync(Conversation, Reader, 2, null);
        time.Advance(MarkWindows.Length);
        await Should.ThrowAsync<LogUnavailableException>(late);
        log.Failure = null;

        var again = windows.AdvanceAsync(Conversation, Reader, 2, null);
        time.Advance(MarkWindows.Length);

        await again;
        log.Writes[^1].ShouldHaveSingleItem().Delivered.ShouldBe(2);
    }
}
