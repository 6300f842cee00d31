using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ModularChat.Storage;

namespace ModularChat.Host.Operations;

/// <summary>The certificate of the HTTPS listener, read again when its files have changed; new ones that are no good leave the old one in use.</summary>
internal sealed partial class CertificateFiles
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly HttpsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private SslStreamCertificateContext _current;
    private (DateTime, DateTime) _state;
    private long _lookedAt;

    public CertificateFiles(HttpsOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _lookedAt = time.GetTimestamp();
        try
        {
            _state = State();
            _current = Read();
        }
        catch (Exception e) when (IsBad(e))
        {
            throw new StartupException($"Host:Https:CertificateFile is '{options.CertificateFile}' and Host:Https:KeyFile '{options.KeyFile}', but they are no certificate with its key: {e.Message}", e);
        }
    }

    /// <summary>The certificate for a connection that begins now.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_time.GetElapsedTime(_lookedAt) >= LookAgain)
                {
                    _lookedAt = _time.GetTimestamp();
                    ReadAgain();
                }
                return _current;
            }
        }
    }

    private void ReadAgain()
    {
        try
        {
            var state = State();
            if (state == _state)
            {
                return;
            }
            // Tried once for each change, and again with the next: the two files are rarely replaced in the same instant.
            _current = Read();
            _state = state;
            Log.Reloaded(_logger, _options.CertificateFile);
        }
        catch (Exception e) when (IsBad(e))
        {
            Log.Refused(_logger, e, _options.CertificateFile);
        }
    }

    private (DateTime, DateTime) State() => (File.GetLastWriteTimeUtc(_options.CertificateFile), File.GetLastWriteTimeUtc(_options.KeyFile));

    private SslStreamCertificateContext Read()
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_options.CertificateFile);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(_options.CertificateFile, _options.KeyFile), chain, offline: true);
    }

    private static bool IsBad(Exception e) => e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Information, "The certificate in {File} is in use from now on")]
        public static partial void Reloaded(ILogger logger, string file);

        [LoggerMessage(31, LogLevel.Warning, "The changed certificate in {File} cannot be used; the old one stays")]
        public static partial void Refused(ILogger logger, Exception exception, string file);
    }
}
