using ModularChat.Contracts.Presence;

namespace ModularChat.Presence.Storage;

/// <summary>What is kept of a user.</summary>
/// <param name="Chosen">What the user shows; online is automatic.</param>
/// <param name="Status">What the user says; may have expired.</param>
/// <param name="LastSeen">When others could last see the user; null when never.</param>
internal sealed record Person(PresenceState Chosen = PresenceState.Online, PresenceStatus? Status = null, DateTimeOffset? LastSeen = null)
{
    /// <summary>One of whom nothing is kept.</summary>
    public static readonly Person Unknown = new();
}

/// <summary>What of presence is durable: what users have chosen, and when they were last seen. Written when that changes, and never for a heartbeat.</summary>
internal interface IPeopleStore
{
    /// <summary>True when other processes write it too, so that what is in memory may be old.</summary>
    bool IsShared { get; }

    /// <summary>Reads these users, in the order asked; <see cref="Person.Unknown"/> where nothing is kept.</summary>
    /// <exception cref="PeopleUnavailableException">The store cannot be read now.</exception>
    ValueTask<Person[]> ReadAsync(IReadOnlyList<Guid> userIds, CancellationToken token);

    /// <summary>Writes all that is kept of these users, in one transaction, which is on disk when this returns.</summary>
    /// <exception cref="PeopleUnavailableException">The store cannot be written now; nothing of it is kept.</exception>
    ValueTask WriteAsync(IReadOnlyCollection<KeyValuePair<Guid, Person>> people, CancellationToken token);

    /// <summary>Writes when these users were last seen, and leaves what they have chosen as it is; otherwise like <see cref="WriteAsync"/>.</summary>
    /// <exception cref="PeopleUnavailableException">The store cannot be written now; nothing of it is kept.</exception>
    ValueTask WriteSeenAsync(IReadOnlyCollection<KeyValuePair<Guid, DateTimeOffset>> seen, CancellationToken token);

    /// <summary>Forgets a user; nothing of the row is left in the files when this returns.</summary>
    /// <exception cref="PeopleUnavailableException">The store cannot be written now.</exception>
    ValueTask EraseAsync(Guid userId, CancellationToken token);

    /// <summary>Copies all that is kept, as one moment saw it, into a new file; for a backup.</summary>
    /// <exception cref="PeopleUnavailableException">The store cannot be read, or the file not be written.</exception>
    ValueTask SaveAsync(string file, CancellationToken token);

    /// <summary>Takes over all that such a file holds; for restoring a backup, before anybody else uses the store.</summary>
    /// <exception cref="PeopleUnavailableException">The file cannot be read, or the store not be written.</exception>
    ValueTask LoadAsync(string file, CancellationToken token);
}

/// <summary>The store cannot be read or written now.</summary>
internal sealed class PeopleUnavailableException(Exception inner) : Exception("The store of presence failed.", inner);
