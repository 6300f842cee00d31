namespace ModularChat.Identity.Storage;

/// <summary>
/// Whose data a change touches. All changes of a user happen one after the other, on whichever node: each takes the user's lock in
/// every database that it writes, so what it has read still holds when it commits. Locks are always taken in the same order.
/// </summary>
internal sealed record Scope
{
    private Scope(Guid[] users, Guid[] locks) => (Users, Locks) = (users, locks);

    /// <summary>Only what is one for everybody.</summary>
    public static Scope Directory { get; } = new([], []) { WithDirectory = true };

    /// <summary>The users whose databases are written, in the order in which they commit: of two the lower id first, whose copy of a relation counts.</summary>
    public Guid[] Users { get; }

    public Guid[] Locks { get; private init; }

    public bool WithDirectory { get; private init; }

    public bool DirectoryFirst { get; private init; }

    public static Scope Of(Guid userId) => new([userId], [userId]);

    public static Scope Of(Guid one, Guid other)
    {
        Guid[] users = one.CompareTo(other) <= 0 ? [one, other] : [other, one];
        return new(users, users);
    }

    /// <summary>The directory too. It commits last, and so decides; <paramref name="first"/> when what it loses must be lost even if the rest fails.</summary>
    public Scope AndDirectory(bool first = false) => this with { WithDirectory = true, DirectoryFirst = first };

    /// <summary>No other change of this kind, by anybody, at the same time.</summary>
    public Scope Alone() => this with { Locks = [Guid.Empty, .. Locks] };

    /// <summary>No change about this user at the same time, although the user's own database is not written.</summary>
    public Scope About(Guid userId) => this with { Locks = [userId, .. Locks] };
}
