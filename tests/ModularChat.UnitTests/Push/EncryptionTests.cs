using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ModularChat.Notifications.WebPush;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Push;

public sealed class EncryptionTests
{
    /// <summary>RFC 8291, appendix A.</summary>
    [Fact]
    public void The_example_of_the_standard_comes_out_byte_for_byte()
    {
        var point = From("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        using var sender = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            D = From("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
            Q = new ECPoint { X = point[1..33], Y = point[33..] },
        });

        var deviceKey = From("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
        using var device = Encryption.Read(deviceKey);

        var body = Encryption.Encrypt(
            "When I grow up, I want to be a watermelon"u8, deviceKey, From("BTBZMqHH6r4Tts7J_aSIgg"), sender, From("DGv6ra1nlYgDCS1FRnbzlw"), 0, device);

        Base64Url.EncodeToString(body).ShouldBe(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 128)]
    [InlineData(500, 128)]
    [InlineData(Encryption.MaxPlain, 0)]
    public void A_device_reads_what_was_encrypted_for_it(int length, int padTo)
    {
        using var device = new PushDevice();
        var text = new string('x', length);

        var body = Encryption.Encrypt(Encoding.UTF8.GetBytes(text), From(device.P256dh), From(device.Auth), padTo);

        body.Length.ShouldBeLessThanOrEqualTo(4096);
        device.Read(body).ShouldBe(text);
    }

    [Fact]
    public void A_key_that_was_read_before_serves_many_pushes_at_once()
    {
        using var device = new PushDevice();
        var (key, auth) = (From(device.P256dh), From(device.Auth));
        using var known = Encryption.Read(key);

        var bodies = Enumerable.Range(0, 64).AsParallel().Select(i => Encryption.Encrypt(Encoding.UTF8.GetBytes($"push {i}"), key, auth, 128, known)).ToList();

        bodies.Select(device.Read).Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, 64).Select(i => $"push {i}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_too_long_for_every_push_service_is_refused()
    {
        using var device = new PushDevice();

        Should.Throw<ArgumentException>(() => Encryption.Encrypt(new byte[Encryption.MaxPlain + 1], From(device.P256dh), From(device.Auth)));
    }

    private static byte[] From(string text) => Base64Url.DecodeFromChars(text);
}
