using Microsoft.Extensions.Options;

namespace ModularChat.Notifications.Providers.Apns;

/// <summary>All of it or nothing, and a key that is one.</summary>
internal sealed class CheckApns : IValidateOptions<NotificationsOptions>
{
    public ValidateOptionsResult Validate(string? name, NotificationsOptions options)
    {
        var apns = options.Apns;
        var given = new (string Name, string Value)[] { ("KeyFile", apns.KeyFile), ("KeyId", apns.KeyId), ("TeamId", apns.TeamId), ("BundleId", apns.BundleId) };
        if (Array.TrueForAll(given, one => one.Value.Length == 0))
        {
            return ValidateOptionsResult.Success;
        }
        if (Array.FindAll(given, one => one.Value.Length == 0) is { Length: > 0 } missing)
        {
            return ValidateOptionsResult.Fail($"Notifications:Apns needs {string.Join(" and ", missing.Select(one => $"Notifications:Apns:{one.Name}"))} too.");
        }
        try
        {
            ApnsTokens.Read(apns.KeyFile).Dispose();
            return ValidateOptionsResult.Success;
        }
        catch (InvalidDataException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
