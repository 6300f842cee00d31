using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Preferences;

namespace ModularChat.Notifications.Deciding;

/// <summary>What of a message decides whether it is pushed.</summary>
internal sealed record MessageFacts(ConversationKind Kind, Guid[] Mentions, bool MentionsAll, DateTimeOffset At, bool IsDeleted);

/// <summary>What of a member decides it.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Reader">How the member stands to the message; null: is none.</param>
/// <param name="Wishes">What the member wants.</param>
/// <param name="IsBlocked">One of sender and member has blocked the other.</param>
/// <param name="IsDoNotDisturb">The member has chosen so.</param>
/// <param name="IsActive">The member looks at a live device.</param>
internal sealed record MemberFacts(Guid UserId, EntryReader? Reader, Wishes Wishes, bool IsBlocked, bool IsDoNotDisturb, bool IsActive);

/// <summary>What is done for a member.</summary>
/// <param name="Suppressed">Why there is no push; null: there is one.</param>
/// <param name="WaitsForDevice">Only if the active device does not have it within the grace.</param>
/// <param name="IsUrgent">Wakes a sleeping device.</param>
internal readonly record struct Verdict(string? Suppressed, bool WaitsForDevice = false, bool IsUrgent = false);

/// <summary>Why there is no push: the words of the trace.</summary>
internal static class Reasons
{
    public const string Deleted = "deleted", NotVisible = "not_visible", Late = "late", Blocked = "blocked", Muted = "muted", Level = "level",
        DoNotDisturb = "do_not_disturb", QuietHours = "quiet_hours", Read = "read", Delivered = "delivered", CallOver = "call_over", Gone = "subscription_gone";
}

/// <summary>Whether a member is told of a message.</summary>
internal static class PushRules
{
    /// <summary>Judges by the facts as they are now; of several reasons the one that holds longest is named.</summary>
    /// <param name="message">The message.</param>
    /// <param name="member">A member who is not its sender.</param>
    /// <param name="now">Now.</param>
    /// <param name="life">For how long a push is of use.</param>
    public static Verdict Decide(MessageFacts message, MemberFacts member, DateTimeOffset now, TimeSpan life)
    {
        var isMentioned = IsMentioned(message, member.UserId);
        var suppressed = message.IsDeleted ? Reasons.Deleted
            : member.Reader is not { MaySee: true } reader ? Reasons.NotVisible
            : member.IsBlocked ? Reasons.Blocked
            : reader.MutedUntil > now ? Reasons.Muted
            : !IsWanted(message, member.Wishes, isMentioned) ? Reasons.Level
            : member.IsDoNotDisturb ? Reasons.DoNotDisturb
            : member.Wishes.Quiet?.Contains(now) == true ? Reasons.QuietHours
            : reader.IsRead ? Reasons.Read
            : message.At + life <= now ? Reasons.Late
            : null;
        return suppressed is null
            ? new Verdict(null, member.IsActive, isMentioned || message.Kind == ConversationKind.Direct)
            : new Verdict(suppressed);
    }

    public static bool IsMentioned(MessageFacts message, Guid userId) => message.MentionsAll || Array.IndexOf(message.Mentions, userId) >= 0;

    /// <summary>As the level for all conversations, mentions means what is said to the user: so direct ones too.</summary>
    private static bool IsWanted(MessageFacts message, Wishes wishes, bool isMentioned) => (wishes.Own ?? wishes.Default) switch
    {
        PushLevel.All => true,
        PushLevel.Mentions => isMentioned || (wishes.Own is null && message.Kind == ConversationKind.Direct),
        _ => false,
    };
}
