using System.Collections.Concurrent;
using MediatR;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Notifications.Following;

/// <summary>The alarm clock of the consumer: which shards have something new. Losing a call costs a few seconds.</summary>
internal sealed class FeedSignal : IDisposable
{
    private readonly ConcurrentDictionary<int, bool> _shards = new();
    private readonly SemaphoreSlim _ring = new(0, 1);

    public void Ring(int shard)
    {
        // Only messages are pushed; but whoever reads on must come past everything else too.
        if (_shards.TryAdd(shard, true) && _ring.CurrentCount == 0)
        {
            try
            {
                _ring.Release();
            }
            catch (SemaphoreFullException)
            {
                // Two at once: it rings.
            }
        }
    }

    public bool Take(int shard) => _shards.TryRemove(shard, out _);

    /// <summary>Until it rings, or until the time is over.</summary>
    public async Task WaitAsync(TimeSpan most, TimeProvider time, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(most, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            await _ring.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The time is over.
        }
    }

    public void Dispose() => _ring.Dispose();
}

internal sealed class FeedSignalHandler(FeedSignal signal) : INotificationHandler<MessageStored>
{
    public Task Handle(MessageStored notification, CancellationToken cancellationToken)
    {
        if (Array.Exists(notification.Entries, stored => stored.Entry.Kind == EntryKind.Message))
        {
            signal.Ring(notification.Shard);
        }
        return Task.CompletedTask;
    }
}
