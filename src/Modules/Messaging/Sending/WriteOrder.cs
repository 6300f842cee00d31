using System.Collections.Concurrent;

namespace ModularChat.Messaging.Sending;

/// <summary>
/// Brings what one sender writes into one conversation to the log in the order in which it was asked for, although judging
/// one may have to wait (a cache is cold, a name is looked up) and the next one not.
/// </summary>
internal sealed class WriteOrder
{
    private readonly ConcurrentDictionary<(Guid Sender, Guid Conversation), TaskCompletionSource> _last = new();

    /// <summary>Waits until the sender's writes before this one have left. The place in the order is taken before this returns.</summary>
    public ValueTask<Turn> EnterAsync(Guid sender, Guid conversation, CancellationToken token)
    {
        var key = (sender, conversation);
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (true)
        {
            if (_last.TryAdd(key, mine))
            {
                return new ValueTask<Turn>(new Turn(this, key, mine));
            }
            if (_last.TryGetValue(key, out var before) && _last.TryUpdate(key, mine, before))
            {
                return WaitAsync(before.Task, new Turn(this, key, mine), token);
            }
        }
    }

    private static async ValueTask<Turn> WaitAsync(Task before, Turn turn, CancellationToken token)
    {
        try
        {
            await before.WaitAsync(token);
            return turn;
        }
        catch (OperationCanceledException)
        {
            // Who gives up still keeps those behind from overtaking those before.
            _ = before.ContinueWith(static (_, state) => ((Turn)state!).Leave(), turn, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>A place in the order; left once, when the log has the write or it is refused.</summary>
    internal sealed class Turn(WriteOrder order, (Guid Sender, Guid Conversation) key, TaskCompletionSource mine) : IDisposable
    {
        public void Leave()
        {
            if (mine.TrySetResult())
            {
                order._last.TryRemove(new KeyValuePair<(Guid, Guid), TaskCompletionSource>(key, mine));
            }
        }

        public void Dispose() => Leave();
    }
}
