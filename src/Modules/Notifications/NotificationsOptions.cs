using System.ComponentModel.DataAnnotations;
using System.Net;
using ModularChat.Contracts;

namespace ModularChat.Notifications;

/// <summary>Settings of the module Notifications, section <c>Notifications</c>: push to devices that are not connected.</summary>
public sealed class NotificationsOptions
{
    /// <summary>The most that a push says, whatever a user wants: <c>full</c> (sender and text), <c>sender</c>, or <c>id</c> (the device fetches the rest). Default full.</summary>
    [AllowedValues("full", "sender", "id", ErrorMessage = "Notifications:Content must be full, sender or id.")]
    public string Content { get; set; } = "full";

    /// <summary>Whom a push service may write to about the server: <c>mailto:</c> or <c>https:</c>. Some services refuse one that is not real. Default mailto:operator@example.org.</summary>
    [RegularExpression("^(mailto:.+@.+|https://.+)$", ErrorMessage = "Notifications:Contact must be a mailto: or https: address.")]
    public string Contact { get; set; } = "mailto:operator@example.org";

    /// <summary>Seconds that a live, active device has for confirming a message before it is pushed, 0 to 60. Default 5.</summary>
    [Range(0, 60)]
    public int PushGraceSeconds { get; set; } = 5;

    /// <summary>Seconds after its user has done something for which a live device counts as active, 10 to 3,600. Default 60.</summary>
    [Range(10, 3600)]
    public int ActiveSeconds { get; set; } = 60;

    /// <summary>Subscriptions of one user, 1 to 1,000; with one more the oldest goes. Default 20.</summary>
    [Range(1, 1000), Limit]
    public int MaxPushSubscriptions { get; set; } = 20;

    /// <summary>Characters of a subscription's endpoint or token, 100 to 4,096. Default 1,024.</summary>
    [Range(100, 4096), Limit]
    public int MaxPushEndpointLength { get; set; } = 1024;

    /// <summary>Whether endpoints may be <c>http:</c>. Default false.</summary>
    public bool AllowHttpEndpoints { get; set; }

    /// <summary>Networks inside (loopback, private, link-local) to which endpoints may lead all the same, such as <c>10.1.2.0/24</c>: those of one's own push server. Default none.</summary>
    public IList<string> InsideNetworks { get; set; } = [];

    /// <summary>Seconds for which a push is of use, 60 to 2,419,200 (four weeks): the longest that it waits here and at the push service. Default 86,400.</summary>
    [Range(60, 2_419_200)]
    public int TtlSeconds { get; set; } = 86_400;

    /// <summary>Requests under way to one push service, 1 to 1,000. Default 16.</summary>
    [Range(1, 1000)]
    public int Parallel { get; set; } = 16;

    /// <summary>
    /// Percent of the processors' time that pushes may take while messages are being sent, 1 to 100. Less: sending is slowed less, and a message to a large group takes longer
    /// to reach all devices. 100: nothing holds them back, as when nobody sends. Default 10.
    /// </summary>
    [Range(1, 100)]
    public int SharePercent { get; set; } = 10;

    /// <summary>Seconds that a push service has for its answer, 1 to 120. Default 10.</summary>
    [Range(1, 120)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>Attempts after which a push becomes a dead letter, 1 to 100. Default 12.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 12;

    /// <summary>Failures in a row after which a push service is left alone for a while, 1 to 1,000. Default 5.</summary>
    [Range(1, 1000)]
    public int BreakerFailures { get; set; } = 5;

    /// <summary>Seconds for which it is then left alone, doubling up to ten times as many, 1 to 3,600. Default 30.</summary>
    [Range(1, 3600)]
    public int BreakerSeconds { get; set; } = 30;

    /// <summary>Days for which it is kept what became of each push, 0 to 365; that one was sent at least as long as <see cref="TtlSeconds"/>, because it is what takes notifications back. Default 7.</summary>
    [Range(0, 365)]
    public int TraceDays { get; set; } = 7;

    /// <summary>Days for which dead letters are kept, 1 to 365. Default 14.</summary>
    [Range(1, 365)]
    public int DeadDays { get; set; } = 14;

    /// <summary>Seconds after which another node goes on with a shard of the log whose node gives no sign, 3 to 300. Default 15.</summary>
    [Range(3, 300)]
    public int LeaseSeconds { get; set; } = 15;

    /// <summary>Firebase Cloud Messaging.</summary>
    public FcmOptions Fcm { get; } = new();

    /// <summary>Apple's push service.</summary>
    public ApnsOptions Apns { get; } = new();

    /// <summary>Signed requests to addresses that users name.</summary>
    public WebhookOptions Webhook { get; } = new();

    internal IReadOnlyList<IPNetwork> Inside => [.. InsideNetworks.Select(IPNetwork.Parse)];
}
