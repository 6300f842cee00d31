namespace ModularChat.Client;

/// <summary>What a client kept from an earlier run of the program.</summary>
/// <param name="Cursor">Everything up to it is in the conversations; null for none.</param>
/// <param name="Conversations">What was known of them.</param>
/// <param name="Outbox">Requests that were not confirmed, in order.</param>
public sealed record StoredClient(string? Cursor, IReadOnlyList<ConversationSnapshot> Conversations, IReadOnlyList<PendingSend> Outbox);

/// <summary>
/// Where a client keeps its copy between runs. Calls come one after another for the cursor, and from any thread for the outbox.
/// </summary>
public interface IChatStore
{
    /// <summary>What was kept; empty at the first start.</summary>
    ValueTask<StoredClient> LoadAsync(CancellationToken token);

    /// <summary>
    /// Keeps a cursor together with the conversations that changed since the last call, both or neither: a cursor without its entries would lose them.
    /// </summary>
    ValueTask SaveAsync(string? cursor, IReadOnlyList<ConversationSnapshot> changed, CancellationToken token);

    /// <summary>Drops the conversations and the cursor; the outbox stays.</summary>
    ValueTask ResetAsync(CancellationToken token);

    /// <summary>Keeps a request before it is sent.</summary>
    ValueTask AddPendingAsync(PendingSend send, CancellationToken token);

    /// <summary>Forgets a request that was confirmed or refused for good.</summary>
    ValueTask RemovePendingAsync(Guid clientMessageId, CancellationToken token);
}

/// <summary>Keeps nothing beyond the process.</summary>
public sealed class MemoryChatStore : IChatStore
{
    /// <inheritdoc />
    public ValueTask<StoredClient> LoadAsync(CancellationToken token) => ValueTask.FromResult(new StoredClient(null, [], []));

    /// <inheritdoc />
    public ValueTask SaveAsync(string? cursor, IReadOnlyList<ConversationSnapshot> changed, CancellationToken token) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public ValueTask ResetAsync(CancellationToken token) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public ValueTask AddPendingAsync(PendingSend send, CancellationToken token) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public ValueTask RemovePendingAsync(Guid clientMessageId, CancellationToken token) => ValueTask.CompletedTask;
}
