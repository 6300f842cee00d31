using MediatR;

namespace ModularChat.Contracts.Notifications;

/// <summary>What a device needs for subscribing.</summary>
/// <param name="Caller">Who asks.</param>
public sealed record GetPushKeys(Caller Caller) : IRequest<PushKeys>, IRepeatable;

/// <summary>What a device needs for subscribing.</summary>
/// <param name="Kinds">The kinds of push that this server sends.</param>
/// <param name="WebPushKey">The <c>applicationServerKey</c> of a browser: base64url of an uncompressed point.</param>
public sealed record PushKeys(PushKind[] Kinds, string WebPushKey);

/// <summary>A subscription as its user sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">By what way the device is reached.</param>
/// <param name="Endpoint">Address or token.</param>
/// <param name="Name">What the client calls the device.</param>
/// <param name="CreatedAt">When it was registered first.</param>
/// <param name="UsedAt">When the service last took a push for it.</param>
/// <param name="DeviceId">The device that registered it; absent when an application did.</param>
/// <param name="IsCurrent">True when that is the device that asks.</param>
/// <param name="Topic">With apns: alert, background or voip.</param>
public sealed record PushSubscription(
    Guid Id, PushKind Kind, string Endpoint, string Name, DateTimeOffset CreatedAt, DateTimeOffset? UsedAt = null, Guid? DeviceId = null, bool? IsCurrent = null, string? Topic = null)
{
    /// <summary>Names no endpoint: it is a secret of its device.</summary>
    public override string ToString() => $"{nameof(PushSubscription)} {Id}";
}

/// <summary>The caller's subscriptions, the oldest first.</summary>
/// <param name="Caller">Whose.</param>
public sealed record ListPushSubscriptions(Caller Caller) : IRequest<PushSubscription[]>, IRepeatable;

/// <summary>Registers a device with its push service, or brings what is known of it up to date.</summary>
/// <param name="Caller">Whose device.</param>
/// <param name="Kind">Null: a browser.</param>
/// <param name="Endpoint">An https address that leads nowhere inside; with fcm and apns the device's token.</param>
/// <param name="P256dh">With webpush and unifiedpush: the device's public key in base64url.</param>
/// <param name="Auth">With webpush and unifiedpush: the device's secret in base64url.</param>
/// <param name="Name">Up to 64 characters.</param>
/// <param name="Secret">With webhook: the key that requests are signed with, <c>whsec_</c> and 24 to 64 bytes in base64.</param>
/// <param name="Topic">With apns: alert (null: the same), background or voip.</param>
public sealed record PutPushSubscription(
    Caller Caller, PushKind? Kind, string? Endpoint, string? P256dh, string? Auth, string? Name, string? Secret = null, string? Topic = null) : IRequest<PushSubscription>, IRepeatable
{
    /// <summary>Names no endpoint and no key.</summary>
    public override string ToString() => nameof(PutPushSubscription);
}

/// <summary>Takes one of the caller's subscriptions away.</summary>
/// <param name="Caller">Whose.</param>
/// <param name="Id">Another's is not found.</param>
public sealed record RemovePushSubscription(Caller Caller, Guid Id) : IRequest;
