using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Keys;

/// <summary>Our side of Web Push (RFC 8292): an ECDSA key on P-256, and what names it. And the key by which a device's confirmation is known as true.</summary>
/// <param name="Signing">The private key.</param>
/// <param name="PublicKey">The public one as a browser takes it: base64url of the uncompressed point.</param>
/// <param name="Receipts">32 random bytes.</param>
internal sealed record ServerKeySet(ECDsa Signing, string PublicKey, byte[] Receipts);

/// <summary>
/// The keys are made once, at the first start, and lie in the module's database: so all nodes have the same, and a backup has them. Whoever loses them
/// loses all browsers' subscriptions, which were made for them.
/// </summary>
internal sealed partial class ServerKeys(PushStore store, ILogger<ServerKeys> logger) : IDisposable
{
    public const string Signing = "vapid", Receipts = "receipts";

    private readonly SemaphoreSlim _loading = new(1);
    private ServerKeySet? _keys;

    public async ValueTask<ServerKeySet> GetAsync(CancellationToken token)
    {
        if (Volatile.Read(ref _keys) is { } known)
        {
            return known;
        }
        await _loading.WaitAsync(token);
        try
        {
            _keys ??= await LoadAsync(token);
            return _keys;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Read anew with the next use: a backup was put back.</summary>
    public void Forget() => Volatile.Write(ref _keys, null);

    public void Dispose()
    {
        _keys?.Signing.Dispose();
        _loading.Dispose();
    }

    private async Task<ServerKeySet> LoadAsync(CancellationToken token)
    {
        var rows = await store.ReadAsync(db => db.Keys.ToDictionaryAsync(row => row.Name, row => row.Value, StringComparer.Ordinal, token), token);
        if (rows.Count < 2)
        {
            rows = await MakeAsync(token);
        }
        var signing = ECDsa.Create();
        signing.ImportPkcs8PrivateKey(Convert.FromBase64String(rows[Signing]), out _);
        var keys = new ServerKeySet(signing, PublicKeyOf(signing), Convert.FromBase64String(rows[Receipts]));
        await WarnAsync(keys.PublicKey, token);
        return keys;
    }

    private async Task<Dictionary<string, string>> MakeAsync(CancellationToken token)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var made = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Signing] = Convert.ToBase64String(key.ExportPkcs8PrivateKey()),
            [Receipts] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        };
        // Another node may be at the same: then this is done again, and finds what the other has made.
        return await store.WriteAsync(
            async db =>
            {
                var there = await db.Keys.ToDictionaryAsync(row => row.Name, row => row.Value, StringComparer.Ordinal, token);
                foreach (var (name, value) in made.Where(pair => !there.ContainsKey(pair.Key)))
                {
                    db.Keys.Add(new KeyRow { Name = name, Value = value });
                    there[name] = value;
                }
                return there;
            },
            token);
    }

    private async Task WarnAsync(string publicKey, CancellationToken token)
    {
        var lost = await store.ReadAsync(
            db => db.Subscriptions.CountAsync(row => (row.Kind == PushKind.WebPush || row.Kind == PushKind.UnifiedPush) && row.ServerKey != publicKey, token), token);
        if (lost > 0)
        {
            Log.KeysAreOthers(logger, lost);
        }
    }

    /// <summary>The uncompressed point, in base64url.</summary>
    public static string PublicKeyOf(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return Base64Url.EncodeToString([4, .. point.X!, .. point.Y!]);
    }

    private static partial class Log
    {
        [LoggerMessage(7001, LogLevel.Error, "{Count} push subscriptions of browsers were made with keys that this server no longer has: push services refuse what is sent to them until the devices subscribe anew. Put back the backup that has the keys, or have people open the client once")]
        public static partial void KeysAreOthers(ILogger logger, int count);
    }
}
