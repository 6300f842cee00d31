using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Deciding;
using ModularChat.Notifications.Preferences;

namespace ModularChat.UnitTests.Push;

public sealed class PushRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Life = TimeSpan.FromDays(1);
    private static readonly Guid Bob = Ids.New();
    private static readonly MessageFacts Plain = new(ConversationKind.Group, [], false, Now, false);
    private static readonly MemberFacts Member = new(Bob, new EntryReader(Bob, true, false, false, null), new Wishes(PushLevel.All, null, null, PushContent.Full), false, false, false);

    [Fact]
    public void A_message_that_nothing_speaks_against_is_pushed_at_once() =>
        PushRules.Decide(Plain, Member, Now, Life).ShouldBe(new Verdict(null, WaitsForDevice: false, IsUrgent: false));

    [Fact]
    public void An_active_device_is_waited_for() => PushRules.Decide(Plain, Member with { IsActive = true }, Now, Life).WaitsForDevice.ShouldBeTrue();

    [Fact]
    public void What_is_said_to_the_member_is_urgent()
    {
        PushRules.Decide(Plain with { Mentions = [Bob] }, Member, Now, Life).IsUrgent.ShouldBeTrue();
        PushRules.Decide(Plain with { MentionsAll = true }, Member, Now, Life).IsUrgent.ShouldBeTrue();
        PushRules.Decide(Plain with { Kind = ConversationKind.Direct }, Member, Now, Life).IsUrgent.ShouldBeTrue();
    }

    [Fact]
    public void Each_reason_suppresses_alone()
    {
        var reader = Member.Reader!;
        var quiet = new QuietHours(11 * 60, 13 * 60, "Etc/UTC");
        Reason(Plain with { IsDeleted = true }, Member).ShouldBe(Reasons.Deleted);
        Reason(Plain, Member with { Reader = null }).ShouldBe(Reasons.NotVisible);
        Reason(Plain, Member with { Reader = reader with { MaySee = false } }).ShouldBe(Reasons.NotVisible);
        Reason(Plain, Member with { IsBlocked = true }).ShouldBe(Reasons.Blocked);
        Reason(Plain, Member with { Reader = reader with { MutedUntil = Now.AddMinutes(1) } }).ShouldBe(Reasons.Muted);
        Reason(Plain, Member with { Reader = reader with { MutedUntil = Now } }).ShouldBeNull();
        Reason(Plain, Member with { IsDoNotDisturb = true }).ShouldBe(Reasons.DoNotDisturb);
        Reason(Plain, Member with { Wishes = Member.Wishes with { Quiet = quiet } }).ShouldBe(Reasons.QuietHours);
        Reason(Plain, Member with { Reader = reader with { IsRead = true } }).ShouldBe(Reasons.Read);
        Reason(Plain with { At = Now - Life }, Member).ShouldBe(Reasons.Late);
        // Delivered to some device is not seen by anybody.
        Reason(Plain, Member with { Reader = reader with { IsDelivered = true } }).ShouldBeNull();
    }

    [Theory]
    // The level for all, that of the conversation, whether it is direct and whether it mentions: is it pushed?
    [InlineData(PushLevel.All, null, false, false, true)]
    [InlineData(PushLevel.Mentions, null, false, false, false)]
    [InlineData(PushLevel.Mentions, null, false, true, true)]
    [InlineData(PushLevel.Mentions, null, true, false, true)]
    [InlineData(PushLevel.Nothing, null, true, true, false)]
    [InlineData(PushLevel.All, PushLevel.Mentions, true, false, false)]
    [InlineData(PushLevel.All, PushLevel.Mentions, true, true, true)]
    [InlineData(PushLevel.All, PushLevel.Nothing, true, true, false)]
    [InlineData(PushLevel.Nothing, PushLevel.All, false, false, true)]
    public void The_level_of_the_conversation_goes_before_that_for_all(PushLevel all, PushLevel? own, bool isDirect, bool mentions, bool isPushed)
    {
        var message = Plain with { Kind = isDirect ? ConversationKind.Direct : ConversationKind.Group, Mentions = mentions ? [Bob] : [Ids.New()] };

        Reason(message, Member with { Wishes = new Wishes(all, own, null, PushContent.Full) }).ShouldBe(isPushed ? null : Reasons.Level);
    }

    private static string? Reason(MessageFacts message, MemberFacts member) => PushRules.Decide(message, member, Now, Life).Suppressed;
}
