namespace ModularChat.Notifications.Providers.Apns;

/// <summary>What a token of Apple's is for; <see cref="Storage.SubscriptionRow.Provider"/> tells it. Tokens for calls are others than those for all else.</summary>
internal static class ApnsTopics
{
    /// <summary>The system shows the notification.</summary>
    public const string Alert = "apns";

    /// <summary>The app is woken and shows nothing, or what it likes.</summary>
    public const string Background = "apns-background";

    /// <summary>Calls, and nothing else: the system ends an app that gets anything here and shows no call.</summary>
    public const string Voip = "apns-voip";

    /// <summary>The service of a topic as a device names it; null: there is no such topic.</summary>
    public static string? Service(string? topic) => topic switch
    {
        null or "alert" => Alert,
        "background" => Background,
        "voip" => Voip,
        _ => null,
    };

    /// <summary>The topic as a device names it; null: it is another kind of service.</summary>
    public static string? Topic(string service) => service switch
    {
        Alert => "alert",
        Background => "background",
        Voip => "voip",
        _ => null,
    };
}
