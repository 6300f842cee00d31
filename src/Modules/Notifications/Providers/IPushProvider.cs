using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Providers;

/// <summary>What a push service made of a request.</summary>
internal enum AnswerKind
{
    /// <summary>It has it.</summary>
    Taken,
    /// <summary>The device is not there any more.</summary>
    Gone,
    /// <summary>It will never take this one: another attempt is of no use.</summary>
    Refused,
    /// <summary>It is asked too much: the same later. All of the service is left alone until then.</summary>
    Busy,
    /// <summary>This device gets too much: the same later. The service itself does well.</summary>
    DeviceBusy,
    /// <summary>It failed, or did not answer.</summary>
    Failed,
}

/// <summary>An answer.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Text">Status and reason; for the trace: never an address or a token.</param>
/// <param name="RetryAfter">How long the service wants to be left alone.</param>
internal sealed record PushAnswer(AnswerKind Kind, string Text, TimeSpan? RetryAfter = null);

/// <summary>What is sent.</summary>
/// <param name="Payload">What it says.</param>
/// <param name="Topic">Pushes of one topic replace each other: at most 32 characters of base64url.</param>
/// <param name="Life">For how long it is of use.</param>
/// <param name="IsUrgent">Wakes a sleeping device.</param>
internal sealed record PushMessage(PushPayload Payload, string Topic, TimeSpan Life, bool IsUrgent);

/// <summary>A kind of push service.</summary>
internal interface IPushProvider
{
    /// <summary>The kinds of subscriptions that it serves.</summary>
    IReadOnlyList<PushKind> Kinds { get; }

    /// <summary>Sends one push. What the service or the way to it does wrong is an answer; only a cancelled token throws.</summary>
    Task<PushAnswer> SendAsync(SubscriptionRow device, PushMessage message, CancellationToken token);
}
