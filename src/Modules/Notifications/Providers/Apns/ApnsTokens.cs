using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace ModularChat.Notifications.Providers.Apns;

/// <summary>Who we are, to Apple: a signed statement that counts for an hour, and may not be made anew more than once in twenty minutes.</summary>
internal sealed class ApnsTokens : IDisposable
{
    private static readonly TimeSpan Renew = TimeSpan.FromMinutes(50), Shortest = TimeSpan.FromMinutes(20);

    private readonly Lock _gate = new();
    private readonly ApnsOptions _options;
    private readonly TimeProvider _time;
    private readonly ECDsa _key;
    private (string Token, DateTimeOffset At)? _made;

    public ApnsTokens(IOptions<NotificationsOptions> options, TimeProvider time)
    {
        (_options, _time) = (options.Value.Apns, time);
        _key = Read(_options.KeyFile);
    }

    public string Get()
    {
        lock (_gate)
        {
            return _made is { } made && _time.GetUtcNow() - made.At < Renew ? made.Token : Make();
        }
    }

    /// <summary>Another for one that Apple calls expired; null when that one is so young that the clocks must differ.</summary>
    public string? Another(string expired)
    {
        lock (_gate)
        {
            return _made is not { } made || made.Token != expired ? Get()
                : _time.GetUtcNow() - made.At >= Shortest ? Make()
                : null;
        }
    }

    public void Dispose() => _key.Dispose();

    /// <summary>Reads the key.</summary>
    /// <exception cref="InvalidDataException">One sentence that says what is wrong with the file.</exception>
    public static ECDsa Read(string file)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(file));
            if (key.KeySize == 256)
            {
                return key;
            }
            throw new CryptographicException();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new InvalidDataException($"Notifications:Apns:KeyFile: '{file}' {(e is IOException or UnauthorizedAccessException ? "cannot be read" : "is no key on P-256 in PEM")}; it must be the .p8 file of the developer account.", e);
        }
    }

    private string Make()
    {
        var now = _time.GetUtcNow();
        var token = SignedToken.Make(
            new Dictionary<string, object>(StringComparer.Ordinal) { ["alg"] = "ES256", ["kid"] = _options.KeyId },
            new Dictionary<string, object>(StringComparer.Ordinal) { ["iss"] = _options.TeamId, ["iat"] = now.ToUnixTimeSeconds() },
            _key);
        _made = (token, now);
        return token;
    }
}
