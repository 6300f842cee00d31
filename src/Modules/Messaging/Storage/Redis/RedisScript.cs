using System.Security.Cryptography;
using System.Text;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>A script that Redis does as one step, from <c>Scripts/</c>.</summary>
internal sealed class RedisScript
{
    private static readonly string Common = Read("common");

    private RedisScript(string name)
    {
        Text = $"{Common}\n{Read(name)}";
#pragma warning disable CA5350 // SHA-1 is how Redis names scripts; nothing rests on it.
        Hash = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(Text)));
#pragma warning restore CA5350
    }

    public static RedisScript Write { get; } = new("write");
    public static RedisScript Known { get; } = new("known");
    public static RedisScript Changes { get; } = new("changes");
    public static RedisScript Page { get; } = new("page");
    public static RedisScript Feed { get; } = new("feed");
    public static RedisScript Number { get; } = new("number");
    public static RedisScript Meta { get; } = new("meta");
    public static RedisScript Create { get; } = new("create");
    public static RedisScript Run { get; } = new("run");
    public static RedisScript Runs { get; } = new("runs");
    public static RedisScript State { get; } = new("state");
    public static RedisScript Order { get; } = new("order");
    public static RedisScript Rows { get; } = new("rows");
    public static RedisScript Drop { get; } = new("drop");
    public static RedisScript Forget { get; } = new("forget");

    private string Text { get; }

    private string Hash { get; }

    /// <summary>The command that does it on the shard (or the meta row) of this key.</summary>
    public RespCommand On(string key) => new("EVALSHA", Hash, "1", key);

    /// <summary>Has the server know it, after it said that it does not.</summary>
    public Task LoadAsync(IRedisConnection connection, CancellationToken token) => connection.SendAsync(new RespCommand("SCRIPT", "LOAD").Add(Text), token);

    private static string Read(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream($"Redis.{name}.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
