namespace ModularChat.Notifications.Sending;

/// <summary>Wakes the sender of this node: something is due. Losing a call costs as long as the sender sleeps at most.</summary>
internal sealed class SendSignal : IDisposable
{
    private readonly SemaphoreSlim _ring = new(0, 1);

    public void Ring()
    {
        if (_ring.CurrentCount == 0)
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
