namespace ModularChat.Discovery.Registry;

/// <summary>
/// Where the nodes of a cluster find each other: a place for each id, held by a lease that ends when its process does not renew it.
/// Called from one loop, one call at a time. Every call may throw <see cref="RegistryAwayException"/>; the next may succeed.
/// </summary>
internal interface INodeRegistry : IAsyncDisposable
{
    /// <summary>Takes or keeps this node's place, and renews its lease.</summary>
    /// <param name="place">What is to stand there.</param>
    /// <param name="token">Ends the wait.</param>
    /// <returns>True when it is ours; false when another process holds it.</returns>
    Task<bool> KeepAsync(NodePlace place, CancellationToken token);

    /// <summary>Everything that stands in the registry: id and bytes as they are, garbage too.</summary>
    Task<IReadOnlyList<KeyValuePair<string, byte[]>>> ReadAsync(CancellationToken token);

    /// <summary>Asks a process to drain; it sees it with its next <see cref="IsAskedToDrainAsync"/>. Remembered at least as long as that process may take to see it.</summary>
    Task AskToDrainAsync(string id, Guid instance, CancellationToken token);

    /// <summary>Whether this process was asked to drain.</summary>
    Task<bool> IsAskedToDrainAsync(string id, Guid instance, CancellationToken token);

    /// <summary>Gives the place up at once.</summary>
    Task LeaveAsync(NodePlace place, CancellationToken token);

    /// <summary>Completes when something may have changed; where the registry cannot tell, never. Ends with the token.</summary>
    Task ChangedAsync(CancellationToken token);
}

/// <summary>A node's place in the registry.</summary>
/// <param name="Id">The node.</param>
/// <param name="Instance">The process.</param>
/// <param name="Written">The record as it is written.</param>
/// <param name="IsNew">Whether it differs from what was written last.</param>
internal sealed record NodePlace(string Id, Guid Instance, byte[] Written, bool IsNew);

/// <summary>The registry does not answer.</summary>
/// <param name="message">One sentence for a log and for health; holds no secrets.</param>
/// <param name="inner">What happened.</param>
internal sealed class RegistryAwayException(string message, Exception? inner = null) : Exception(message, inner);
