using System.Security.Cryptography;
using System.Text.Json;

namespace ModularChat.Notifications.Providers.Fcm;

/// <summary>The key file of a Google service account.</summary>
/// <param name="ProjectId">Its project.</param>
/// <param name="ClientEmail">Who it is.</param>
/// <param name="PrivateKeyId">Names the key; may be missing.</param>
/// <param name="PrivateKey">The RSA key as PEM. Secret.</param>
/// <param name="TokenUri">Where it gets its access tokens.</param>
internal sealed record ServiceAccount(string ProjectId, string ClientEmail, string? PrivateKeyId, string PrivateKey, string TokenUri)
{
    /// <summary>Names no key.</summary>
    public override string ToString() => ClientEmail;

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">It is not what it should be; one sentence that says what is missing.</exception>
    public static ServiceAccount Read(string file)
    {
        using var json = Parse(file);
        var found = json.RootElement;
        if (found.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(file, "is not a JSON object");
        }
        string[] needed = ["type", "project_id", "client_email", "private_key", "token_uri"];
        string[] missing = [.. needed.Where(name => Text(found, name) is null)];
        if (missing.Length > 0)
        {
            throw Wrong(file, $"has no {string.Join(", ", missing)}");
        }
        if (Text(found, "type") != "service_account")
        {
            throw Wrong(file, "is of another type than service_account");
        }
        if (!Uri.TryCreate(Text(found, "token_uri"), UriKind.Absolute, out var tokenUri) || (tokenUri.Scheme != Uri.UriSchemeHttps && tokenUri.Scheme != Uri.UriSchemeHttp))
        {
            throw Wrong(file, "has a token_uri that is no https address");
        }
        try
        {
            using var key = RSA.Create();
            key.ImportFromPem(Text(found, "private_key"));
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw Wrong(file, "has a private_key that is no RSA key in PEM");
        }
        return new ServiceAccount(Text(found, "project_id")!, Text(found, "client_email")!, Text(found, "private_key_id"), Text(found, "private_key")!, tokenUri.ToString());
    }

    private static JsonDocument Parse(string file)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Wrong(file, "cannot be read");
        }
        catch (JsonException)
        {
            throw Wrong(file, "is not JSON");
        }
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static InvalidDataException Wrong(string file, string what) => new($"Notifications:Fcm:ServiceAccountFile: '{file}' {what}; it must be the key file of a service account from the Firebase console.");
}
