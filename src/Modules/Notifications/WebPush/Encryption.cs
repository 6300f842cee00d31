using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ModularChat.Notifications.WebPush;

/// <summary>Message encryption for Web Push (RFC 8291, content coding aes128gcm of RFC 8188), in one record.</summary>
internal static class Encryption
{
    /// <summary>The longest text: every push service takes 4,096 bytes, of which the header, the end of the record and the seal take some.</summary>
    public const int MaxPlain = RecordSize - HeaderLength - TagLength - 1;

    private const int RecordSize = 4096, HeaderLength = 86, TagLength = 16, SaltLength = 16;

    /// <summary>Encrypts for a device under a key and a salt that are used once.</summary>
    /// <param name="plain">At most <see cref="MaxPlain"/> bytes.</param>
    /// <param name="deviceKey">The device's public key: an uncompressed point.</param>
    /// <param name="auth">The device's secret.</param>
    /// <param name="padTo">The length up to which zeros are added, so that the size tells less of the text.</param>
    /// <param name="device">The same key, when it has been read before: that takes a quarter of the time.</param>
    public static byte[] Encrypt(ReadOnlySpan<byte> plain, byte[] deviceKey, byte[] auth, int padTo = 0, ECDiffieHellmanPublicKey? device = null)
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        if (device is not null)
        {
            return Encrypt(plain, deviceKey, auth, key, RandomNumberGenerator.GetBytes(SaltLength), padTo, device);
        }
        using var read = Read(deviceKey);
        return Encrypt(plain, deviceKey, auth, key, RandomNumberGenerator.GetBytes(SaltLength), padTo, read);
    }

    /// <summary>With a given key and salt: for the standard's example.</summary>
    public static byte[] Encrypt(ReadOnlySpan<byte> plain, byte[] deviceKey, byte[] auth, ECDiffieHellman ownKey, byte[] salt, int padTo, ECDiffieHellmanPublicKey device)
    {
        if (plain.Length > MaxPlain)
        {
            throw new ArgumentException($"A push holds at most {MaxPlain} bytes.", nameof(plain));
        }
        var shared = ownKey.DeriveRawSecretAgreement(device);
        var point = ownKey.ExportParameters(includePrivateParameters: false).Q;
        byte[] ownPoint = [4, .. point.X!, .. point.Y!];
        byte[] keyInfo = [.. "WebPush: info\0"u8, .. deviceKey, .. ownPoint];
        var pseudoRandom = HKDF.Extract(HashAlgorithmName.SHA256, HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, 32, auth, keyInfo), salt);
        CryptographicOperations.ZeroMemory(shared);
        var contentKey = HKDF.Expand(HashAlgorithmName.SHA256, pseudoRandom, 16, "Content-Encoding: aes128gcm\0"u8.ToArray());
        var nonce = HKDF.Expand(HashAlgorithmName.SHA256, pseudoRandom, 12, "Content-Encoding: nonce\0"u8.ToArray());

        // The text, the mark of the last record, zeros.
        var record = new byte[Math.Max(plain.Length, Math.Min(padTo, MaxPlain)) + 1];
        plain.CopyTo(record);
        record[plain.Length] = 2;
        var body = new byte[HeaderLength + record.Length + TagLength];
        salt.CopyTo(body, 0);
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(SaltLength), RecordSize);
        body[SaltLength + 4] = (byte)ownPoint.Length;
        ownPoint.CopyTo(body, SaltLength + 5);
        using var cipher = new AesGcm(contentKey, TagLength);
        cipher.Encrypt(nonce, record, body.AsSpan(HeaderLength, record.Length), body.AsSpan(HeaderLength + record.Length));
        return body;
    }

    /// <summary>A device's key, for use with many pushes.</summary>
    public static ECDiffieHellmanPublicKey Read(byte[] deviceKey)
    {
        using var device = ECDiffieHellman.Create(Parameters(deviceKey));
        return device.PublicKey;
    }

    /// <summary>A public key from its uncompressed point.</summary>
    public static ECParameters Parameters(byte[] point) => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = point[1..33], Y = point[33..65] },
    };
}
