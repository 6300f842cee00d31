using System.Net;
using Microsoft.Extensions.Options;

namespace ModularChat.Notifications.Starting;

/// <summary>Names of networks are networks.</summary>
internal sealed class CheckNetworks : IValidateOptions<NotificationsOptions>
{
    public ValidateOptionsResult Validate(string? name, NotificationsOptions options) =>
        options.InsideNetworks.FirstOrDefault(network => !IPNetwork.TryParse(network, out _)) is { } wrong
            ? ValidateOptionsResult.Fail($"Notifications:InsideNetworks has '{wrong}', which is no network like 10.1.2.0/24.")
            : ValidateOptionsResult.Success;
}
