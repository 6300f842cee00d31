using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ModularChat.Messaging.Storage.Placing;

/// <summary>
/// Where a shard belongs: in the database whose hash with the shard is the highest. A database that comes takes only what is its own share, one
/// that goes gives only its own away; all others stay where they are.
/// </summary>
internal static class Rendezvous
{
    private static readonly string[] Naming = ["host", "server", "port", "database", "db", "prefix", "search path"];

    /// <summary>The index of the database to which a shard belongs.</summary>
    public static int Choose(int shard, IReadOnlyList<string> databases)
    {
        var (best, highest) = (0, 0UL);
        for (var i = 0; i < databases.Count; i++)
        {
            var weight = Weight(shard, Identity(databases[i]));
            if (i == 0 || weight > highest)
            {
                (best, highest) = (i, weight);
            }
        }
        return best;
    }

    /// <summary>What names a database, and no secret: a new password or another timeout must not move its shards.</summary>
    public static string Identity(string database) =>
        string.Join(';', database.Split(';', ',').Select(p => p.Trim()).Where(p => !p.Contains('=', StringComparison.Ordinal) || Naming.Contains(p.Split('=')[0].Trim().ToLowerInvariant())));

    private static ulong Weight(int shard, string identity)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{identity}\n{shard}"), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
