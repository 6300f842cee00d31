using Microsoft.Extensions.Options;

namespace ModularChat.Notifications.Providers.Fcm;

/// <summary>A key file that is named is one.</summary>
internal sealed class CheckFcm : IValidateOptions<NotificationsOptions>
{
    public ValidateOptionsResult Validate(string? name, NotificationsOptions options)
    {
        if (options.Fcm.ServiceAccountFile.Length == 0)
        {
            return options.Fcm.ProjectId.Length == 0
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail("Notifications:Fcm:ProjectId is set, but not Notifications:Fcm:ServiceAccountFile.");
        }
        try
        {
            ServiceAccount.Read(options.Fcm.ServiceAccountFile);
            return ValidateOptionsResult.Success;
        }
        catch (InvalidDataException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
