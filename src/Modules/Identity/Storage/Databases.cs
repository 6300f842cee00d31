using System.Buffers.Binary;

namespace ModularChat.Identity.Storage;

/// <summary>
/// All databases of accounts. The first is the directory too: what is one for everybody lies there. The rest lies with the user
/// whom it belongs to. The places are worked out from ids, so they hold for ever, and so does the number of databases.
/// </summary>
internal sealed class Databases(IList<IDatabase> all)
{
    // Spreads the bits, so that the remainder depends on all of them.
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    public IReadOnlyList<IDatabase> All => all.AsReadOnly();

    public IDatabase Directory => all[0];

    public IDatabase Of(Guid userId) => all[IndexOf(userId)];

    /// <summary>The place of a user: the last eight bytes of the id are random, whatever made it.</summary>
    public int IndexOf(Guid userId)
    {
        Span<byte> bytes = stackalloc byte[16];
        userId.TryWriteBytes(bytes, bigEndian: true, out _);
        return IndexOf(bytes[8..]);
    }

    /// <summary>Where the holder of a token lies: a token is chosen so that its hash leads there, and nothing has to be looked up.</summary>
    public IDatabase OfToken(ReadOnlySpan<byte> hash) => all[IndexOf(hash)];

    public bool LeadsTo(ReadOnlySpan<byte> hash, Guid userId) => IndexOf(hash) == IndexOf(userId);

    public int PlaceOf(IDatabase database) => all.IndexOf(database);

    /// <summary>The users by the databases they lie in.</summary>
    public IEnumerable<(IDatabase Database, Guid[] Users)> Group(IEnumerable<Guid> userIds) =>
        userIds.Distinct().GroupBy(IndexOf).Select(group => (all[group.Key], group.ToArray()));

    private int IndexOf(ReadOnlySpan<byte> random) =>
        (int)(((BinaryPrimitives.ReadUInt64BigEndian(random) * Spread) >> 32) % (ulong)all.Count);
}
