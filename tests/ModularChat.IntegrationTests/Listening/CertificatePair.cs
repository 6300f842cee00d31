using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ModularChat.IntegrationTests.Listening;

/// <summary>A certificate for 127.0.0.1 and its key, in files of a folder.</summary>
internal static class CertificatePair
{
    public const string Subject = "CN=chat.test";

    public static string CertificateFile(string folder) => Path.Combine(folder, "fullchain.pem");

    public static string KeyFile(string folder) => Path.Combine(folder, "privkey.pem");

    /// <summary>Writes a new pair, dated so; returns the certificate's thumbprint.</summary>
    public static string Write(string folder, DateTime changed)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        var request = new CertificateRequest(Subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(CertificateFile(folder), certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile(folder), key.ExportPkcs8PrivateKeyPem());
        File.SetLastWriteTimeUtc(CertificateFile(folder), changed);
        File.SetLastWriteTimeUtc(KeyFile(folder), changed);
        return certificate.Thumbprint;
    }
}
