using System.Collections.Concurrent;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>Writers who send each message until it is answered, whatever happens to the store, on one or more nodes.</summary>
internal sealed class StubbornWriters(IReadOnlyList<IMessageLog> nodes, IReadOnlyList<Guid> groups, Guid sender)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly ConcurrentBag<(Append Append, AppendResult Result)> _acked = [];
    private int _failures;

    public int Failures => _failures;

    public int Acked => _acked.Count;

    public async Task RunAsync(int writers, CancellationToken stop, CancellationToken token) =>
        await Task.WhenAll(Enumerable.Range(0, writers).Select(w => Task.Run(() => WriteAsync(w, stop, token), token)));

    /// <summary>Everything that was acked is there, at the seq that was said, once; seqs are dense, positions rise.</summary>
    public async Task ShouldHoldAsync(IMessageLog log, CancellationToken token)
    {
        foreach (var group in groups)
        {
            var entries = await log.ReadAsync(group, 1, long.MaxValue, int.MaxValue, newest: false, token);
            entries.Select(e => e.Entry.Seq).ShouldBe(Enumerable.Range(1, entries.Count).Select(i => (long)i));
            entries.Select(e => e.Position).ShouldBeInOrder(SortDirection.Ascending);
            entries.Select(e => e.Entry.ClientMessageId).Distinct().Count().ShouldBe(entries.Count);
            var bySeq = entries.ToDictionary(e => e.Entry.Seq);
            foreach (var (append, result) in _acked.Where(a => a.Append.ConversationId == group))
            {
                bySeq.ShouldContainKey(result.Seq);
                bySeq[result.Seq].Entry.ClientMessageId.ShouldBe(append.ClientMessageId);
                bySeq[result.Seq].Position.ShouldBe(result.Position);
            }
        }
    }

    private async Task WriteAsync(int writer, CancellationToken stop, CancellationToken token)
    {
        for (var i = writer; !stop.IsCancellationRequested; i++)
        {
            var message = Appends.Message(groups[i % groups.Count], sender, $"{writer}.{i}");
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    // Another node may be asked the second time.
                    var result = await nodes[(writer + attempt) % nodes.Count].AppendAsync(message, token);
                    result.Outcome.ShouldBeOneOf(AppendOutcome.Stored, AppendOutcome.Duplicate);
                    _acked.Add((message, result));
                    break;
                }
                catch (LogUnavailableException)
                {
                    Interlocked.Increment(ref _failures);
                    await Task.Delay(Pause, TimeProvider.System, token);
                }
            }
        }
    }
}
