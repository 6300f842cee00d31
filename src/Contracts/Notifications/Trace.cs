using MediatR;

namespace ModularChat.Contracts.Notifications;

/// <summary>What was done about messages for the caller: of one message, or the latest of all.</summary>
/// <param name="Caller">Whose devices.</param>
/// <param name="MessageId">A conversation and a seq with a colon between; null: the latest 200 steps.</param>
public sealed record TracePushes(Caller Caller, string? MessageId) : IRequest<TracedStep[]>, IRepeatable;

/// <summary>One step, in order of time.</summary>
/// <param name="At">When.</param>
/// <param name="Step">What was done.</param>
/// <param name="Detail">Why, or what the service answered.</param>
/// <param name="ConversationId">The message's conversation.</param>
/// <param name="Seq">The message; 0 when it is about none.</param>
/// <param name="SubscriptionId">The device; absent where it is about all of them.</param>
/// <param name="PushId">The push.</param>
public sealed record TracedStep(DateTimeOffset At, PushStep Step, string? Detail, Guid ConversationId, long Seq, Guid? SubscriptionId = null, Guid? PushId = null);

/// <summary>Sends a push that says nothing to all devices of the caller, and waits for the services' answers.</summary>
/// <param name="Caller">Who.</param>
public sealed record SendTestPush(Caller Caller) : IRequest<TestedPush[]>;

/// <summary>What came of a test at one device.</summary>
/// <param name="SubscriptionId">The device.</param>
/// <param name="Step">The last step; absent: no answer yet.</param>
/// <param name="Detail">The service's answer.</param>
public sealed record TestedPush(Guid SubscriptionId, PushStep? Step = null, string? Detail = null);

/// <summary>A device says that it has shown a push. Whoever has the receipt has got the push; nothing else is needed.</summary>
/// <param name="PushId">The push.</param>
/// <param name="Receipt">What the push said.</param>
public sealed record ConfirmShown(Guid PushId, string Receipt) : IRequest, IRepeatable;

/// <summary>Pushes that were given up, the latest first. Administrators.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="Limit">1 to 1,000.</param>
public sealed record ListDeadPushes(Caller Caller, int Limit) : IRequest<DeadPush[]>, IRepeatable;

/// <summary>A push that was given up.</summary>
/// <param name="Id">The push.</param>
/// <param name="UserId">Whom it is for.</param>
/// <param name="Kind">The kind of service; absent when the subscription is gone.</param>
/// <param name="Service">The service's host.</param>
/// <param name="ConversationId">The message's conversation.</param>
/// <param name="Seq">The message.</param>
/// <param name="CreatedAt">When it was decided.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Answer">The last answer.</param>
public sealed record DeadPush(
    Guid Id, Guid UserId, PushKind? Kind, string Service, Guid ConversationId, long Seq, DateTimeOffset CreatedAt, int Attempts, string? Answer);

/// <summary>Has a push that was given up tried again. Administrators.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="Id">The push.</param>
public sealed record ResendPush(Caller Caller, Guid Id) : IRequest;
