using System.Globalization;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Preferences;

namespace ModularChat.UnitTests.Push;

public sealed class QuietHoursTests
{
    [Theory]
    [InlineData("22:30", "07:00", "Europe/Berlin", "2026-01-10T21:29:00Z", false)]
    [InlineData("22:30", "07:00", "Europe/Berlin", "2026-01-10T21:30:00Z", true)]
    [InlineData("22:30", "07:00", "Europe/Berlin", "2026-01-11T05:59:00Z", true)]
    [InlineData("22:30", "07:00", "Europe/Berlin", "2026-01-11T06:00:00Z", false)]
    // In summer the wall's clock is another hour ahead.
    [InlineData("22:30", "07:00", "Europe/Berlin", "2026-07-10T20:30:00Z", true)]
    [InlineData("22:30", "07:00", "Europe/Berlin", "2026-07-11T05:00:00Z", false)]
    [InlineData("12:00", "13:00", "Asia/Kolkata", "2026-01-10T06:30:00Z", true)]
    [InlineData("12:00", "13:00", "Asia/Kolkata", "2026-01-10T07:30:00Z", false)]
    // The hour that comes twice is quiet twice, the one that is left out harms nobody.
    [InlineData("02:00", "03:00", "Europe/Berlin", "2026-10-25T00:30:00Z", true)]
    [InlineData("02:00", "03:00", "Europe/Berlin", "2026-10-25T01:30:00Z", true)]
    [InlineData("02:00", "03:00", "Europe/Berlin", "2026-03-29T01:00:00Z", false)]
    public void It_is_quiet_by_the_users_clock(string from, string to, string zone, string now, bool expected) =>
        QuietHours.Parse(new PushQuietHours(from, to, zone)).Contains(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture)).ShouldBe(expected);

    [Theory]
    [InlineData("22:30", "22:30", "Europe/Berlin", "quietHours.to")]
    [InlineData("24:00", "07:00", "Europe/Berlin", "quietHours.from")]
    [InlineData("22:30", null, "Europe/Berlin", "quietHours.to")]
    [InlineData("22:30", "07:00", "Europe/Atlantis", "quietHours.timeZone")]
    [InlineData("22:30", "07:00", "../../etc/passwd", "quietHours.timeZone")]
    [InlineData("22:30", "07:00", null, "quietHours.timeZone")]
    public void Others_are_refused_by_field(string? from, string? to, string? zone, string field) =>
        Should.Throw<ChatException>(() => QuietHours.Parse(new PushQuietHours(from, to, zone))).Field.ShouldBe(field);
}
