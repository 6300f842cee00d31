using System.ComponentModel.DataAnnotations;

namespace ModularChat.Notifications;

/// <summary>Firebase Cloud Messaging; section <c>Notifications:Fcm</c>. The same on all nodes.</summary>
public sealed class FcmOptions
{
    /// <summary>The service account's key file, as the Firebase console gives it. Default empty: no FCM.</summary>
    public string ServiceAccountFile { get; set; } = "";

    /// <summary>The Firebase project, when it is not that of the service account. Default empty: that of the file.</summary>
    [RegularExpression("[a-z0-9][a-z0-9.:-]{3,63}", ErrorMessage = "Notifications:Fcm:ProjectId must be the id of a Firebase project.")]
    public string ProjectId { get; set; } = "";

    /// <summary>Where FCM is. Default https://fcm.googleapis.com.</summary>
    [Required, RegularExpression("https?://[^ /?#]+", ErrorMessage = "Notifications:Fcm:Url must be like https://fcm.googleapis.com.")]
    public string Url { get; set; } = "https://fcm.googleapis.com";
}

/// <summary>Apple's push service; section <c>Notifications:Apns</c>. The same on all nodes.</summary>
public sealed class ApnsOptions
{
    /// <summary>The key file (.p8) of the developer account. Default empty: no APNs.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>The key's id: ten letters and digits. Default empty.</summary>
    [RegularExpression("[A-Z0-9]{10}", ErrorMessage = "Notifications:Apns:KeyId must be ten capital letters and digits.")]
    public string KeyId { get; set; } = "";

    /// <summary>The id of the team that the app belongs to: ten letters and digits. Default empty.</summary>
    [RegularExpression("[A-Z0-9]{10}", ErrorMessage = "Notifications:Apns:TeamId must be ten capital letters and digits.")]
    public string TeamId { get; set; } = "";

    /// <summary>The app's bundle id, such as <c>org.example.chat</c>. Default empty.</summary>
    [RegularExpression("[A-Za-z0-9.-]{1,155}", ErrorMessage = "Notifications:Apns:BundleId must be the bundle id of an app.")]
    public string BundleId { get; set; } = "";

    /// <summary>Where APNs is: <c>https://api.sandbox.push.apple.com</c> for apps in development. Default https://api.push.apple.com.</summary>
    [Required, RegularExpression("https?://[^ /?#]+", ErrorMessage = "Notifications:Apns:Url must be like https://api.push.apple.com.")]
    public string Url { get; set; } = "https://api.push.apple.com";
}

/// <summary>Signed requests to addresses that users name; section <c>Notifications:Webhook</c>. The same on all nodes.</summary>
public sealed class WebhookOptions
{
    /// <summary>Whether users may subscribe addresses of their own. Default false.</summary>
    public bool Enabled { get; set; }
}
