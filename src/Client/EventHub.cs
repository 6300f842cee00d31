using System.Threading.Channels;

namespace ModularChat.Client;

/// <summary>Hands each event to the callback and to every reader, in order.</summary>
internal sealed class EventHub(int limit, Action<ChatEvent>? callback)
{
    private readonly Lock _gate = new();
    private Channel<ChatEvent>[] _readers = [];

    public void Publish(ChatEvent what)
    {
        callback?.Invoke(what);
        foreach (var reader in Volatile.Read(ref _readers))
        {
            if (!reader.Writer.TryWrite(what))
            {
                // Waiting for a slow reader could wait for ever: it may itself wait for an ack that comes on the loop that publishes.
                reader.Writer.TryComplete(new InvalidOperationException($"The reader of events is more than {limit} events behind."));
                Remove(reader);
            }
        }
    }

    /// <summary>Reads from now on, also what happens before the first element is asked for.</summary>
    public IAsyncEnumerable<ChatEvent> Read(CancellationToken token)
    {
        var reader = Channel.CreateBounded<ChatEvent>(new BoundedChannelOptions(limit) { SingleReader = true });
        lock (_gate)
        {
            Volatile.Write(ref _readers, [.. _readers, reader]);
        }
        return ReadAsync(reader, token);
    }

    public void Complete()
    {
        foreach (var reader in Volatile.Read(ref _readers))
        {
            reader.Writer.TryComplete();
        }
    }

    private async IAsyncEnumerable<ChatEvent> ReadAsync(Channel<ChatEvent> reader, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
    {
        try
        {
            await foreach (var what in reader.Reader.ReadAllAsync(token))
            {
                yield return what;
            }
        }
        finally
        {
            Remove(reader);
        }
    }

    private void Remove(Channel<ChatEvent> reader)
    {
        lock (_gate)
        {
            Volatile.Write(ref _readers, [.. _readers.Where(other => other != reader)]);
        }
    }
}
