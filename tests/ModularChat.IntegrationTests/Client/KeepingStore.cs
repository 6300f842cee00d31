using ModularChat.Client;

namespace ModularChat.IntegrationTests.Client;

/// <summary>A store that outlives its client, as one on a disk does.</summary>
internal sealed class KeepingStore : IChatStore
{
    private readonly Lock _gate = new();
    private readonly List<PendingSend> _outbox = [];
    private readonly Dictionary<Guid, ConversationSnapshot> _conversations = [];

    public string? Cursor { get; set; }

    public PendingSend[] Outbox
    {
        get
        {
            lock (_gate)
            {
                return [.. _outbox];
            }
        }
    }

    public ValueTask<StoredClient> LoadAsync(CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(new StoredClient(Cursor, [.. _conversations.Values], [.. _outbox]));
        }
    }

    public ValueTask SaveAsync(string? cursor, IReadOnlyList<ConversationSnapshot> changed, CancellationToken token)
    {
        lock (_gate)
        {
            Cursor = cursor;
            foreach (var snapshot in changed)
            {
                _conversations[snapshot.State.Id] = snapshot;
            }
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask ResetAsync(CancellationToken token)
    {
        lock (_gate)
        {
            Cursor = null;
            _conversations.Clear();
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask AddPendingAsync(PendingSend send, CancellationToken token)
    {
        lock (_gate)
        {
            _outbox.Add(send);
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask RemovePendingAsync(Guid clientMessageId, CancellationToken token)
    {
        lock (_gate)
        {
            _outbox.RemoveAll(send => send.ClientMessageId == clientMessageId);
        }
        return ValueTask.CompletedTask;
    }
}
