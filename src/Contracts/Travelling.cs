namespace ModularChat.Contracts;

/// <summary>
/// A request that may be made twice with the same outcome as once: it changes nothing, or its change is idempotent. When the node that was asked is lost
/// before it has answered, another one is asked.
/// </summary>
public interface IRepeatable;

/// <summary>A request that answers late on purpose.</summary>
public interface IWaitingRequest
{
    /// <summary>How long it may wait, beyond the time of other requests.</summary>
    TimeSpan Timeout { get; }
}

/// <summary>A request about something that one node keeps in its memory: those with the same key go to the same node, for as long as the nodes stay the same.</summary>
public interface IOwnedRequest
{
    /// <summary>The key; null: the process that asks is the key.</summary>
    string? OwnerKey => null;
}
