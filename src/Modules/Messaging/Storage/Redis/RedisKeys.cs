using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>
/// The names of keys. All of a shard have one hash tag, so that they lie in one slot and one script may change them all:
/// <c>{log:3}</c> the shard, <c>:c:ID</c> a conversation's head and members, <c>:e:ID BLOCK</c> its entries by 1024, <c>:q:ID</c> its requests,
/// <c>:r:ID</c> its reactions, <c>:f</c> the feed, <c>:x</c> conversations by last change, <c>:i</c> by id, <c>:u</c> users' conversations.
/// </summary>
internal sealed class RedisKeys(string prefix)
{
    public string Meta { get; } = $"{{{prefix}:meta}}";

    public string Shard(int shard) => $"{{{prefix}:{shard.ToString(CultureInfo.InvariantCulture)}}}";

    /// <summary>The key of a conversation's head and members.</summary>
    public byte[] Conversation(int shard, Guid id) => [.. System.Text.Encoding.UTF8.GetBytes($"{Shard(shard)}:c:"), .. Bytes(id)];

    /// <summary>The key of a list of a conversation's entries.</summary>
    public byte[] Entries(int shard, Guid id, int block)
    {
        byte[] key = [.. System.Text.Encoding.UTF8.GetBytes($"{Shard(shard)}:e:"), .. Bytes(id), 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(key.Length - 4), block);
        return key;
    }

    public static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);

    /// <summary>
    /// What stands for a request's id and sender among those of a conversation: 12 bytes of a hash that nobody outside can work out, since each byte is
    /// there once for each message.
    /// </summary>
    public static byte[] Request(byte[] key, Guid sender, Guid clientMessageId)
    {
        byte[] input = [.. key, .. Bytes(sender), .. Bytes(clientMessageId)];
#pragma warning disable CA5350 // The one hash that scripts can work out too; it is keyed, and nobody outside sees it.
        return SHA1.HashData(input)[..12];
#pragma warning restore CA5350
    }
}
