using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ModularChat.Shared;

/// <summary>A device's side of Web Push (RFC 8291): its keys, and reading what was encrypted for them. Written from the RFC, not from the server's code.</summary>
public sealed class PushDevice : IDisposable
{
    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _auth = RandomNumberGenerator.GetBytes(16);

    public string P256dh => Base64Url.EncodeToString(Point(_key));

    public string Auth => Base64Url.EncodeToString(_auth);

    /// <summary>The text of a push.</summary>
    public string Read(byte[] body)
    {
        var salt = body[..16];
        var sender = body[21..(21 + body[20])];
        var sealedText = body[(21 + body[20])..];
        using var other = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = sender[1..33], Y = sender[33..] } });
        var shared = _key.DeriveRawSecretAgreement(other.PublicKey);
        var ikm = HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, 32, _auth, [.. "WebPush: info\0"u8, .. Point(_key), .. sender]);
        var content = HKDF.DeriveKey(HashAlgorithmName.SHA256, ikm, 16, salt, "Content-Encoding: aes128gcm\0"u8.ToArray());
        var nonce = HKDF.DeriveKey(HashAlgorithmName.SHA256, ikm, 12, salt, "Content-Encoding: nonce\0"u8.ToArray());
        var plain = new byte[sealedText.Length - 16];
        using var cipher = new AesGcm(content, 16);
        cipher.Decrypt(nonce, sealedText.AsSpan(0, plain.Length), sealedText.AsSpan(plain.Length), plain);
        var end = Array.FindLastIndex(plain, b => b != 0);
        return plain[end] == 2 ? Encoding.UTF8.GetString(plain, 0, end) : throw new CryptographicException("The record does not end as the last one does.");
    }

    public void Dispose() => _key.Dispose();

    private static byte[] Point(ECDiffieHellman key)
    {
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        return [4, .. q.X!, .. q.Y!];
    }
}
