namespace ModularChat.Discovery.Registry;

/// <summary>Wakes the loop before its second is over.</summary>
internal sealed class Wake : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);

    public void Up()
    {
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is on its way already.
        }
    }

    public Task WaitAsync(CancellationToken token) => _signal.WaitAsync(token);

    public void Dispose() => _signal.Dispose();
}
