using System.Globalization;
using System.Text.RegularExpressions;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;

namespace ModularChat.Notifications.Preferences;

/// <summary>A time of every day in which a user is told nothing.</summary>
/// <param name="From">Minutes after midnight.</param>
/// <param name="To">Minutes after midnight.</param>
/// <param name="TimeZone">An IANA name.</param>
internal sealed partial record QuietHours(int From, int To, string TimeZone)
{
    /// <summary>Understands what a user has given.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.InvalidRequest"/>: they are none.</exception>
    public static QuietHours Parse(PushQuietHours info)
    {
        var (from, to) = (Minutes("quietHours.from", info.From), Minutes("quietHours.to", info.To));
        if (from == to)
        {
            throw ChatException.Invalid("quietHours.to", "Quiet hours end at another time than they begin; for always there is the level nothing.");
        }
        return new QuietHours(from, to, Zone(info.TimeZone ?? throw ChatException.Invalid("quietHours.timeZone", "quietHours.timeZone is missing.")));
    }

    public PushQuietHours ToInfo() => new(Text(From), Text(To), TimeZone);

    /// <summary>Whether it is quiet now, by the clock on the user's wall: also when that is put forward or back.</summary>
    public bool Contains(DateTimeOffset now)
    {
        var local = TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone) ? TimeZoneInfo.ConvertTime(now, zone) : now;
        var minute = (local.Hour * 60) + local.Minute;
        return From < To ? minute >= From && minute < To : minute >= From || minute < To;
    }

    private static int Minutes(string field, string? text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? (time.Hour * 60) + time.Minute
            : throw ChatException.Invalid(field, $"{field} is a time like 22:30.");

    private static string Text(int minutes) => new TimeOnly(minutes / 60, minutes % 60).ToString("HH:mm", CultureInfo.InvariantCulture);

    private static string Zone(string name) =>
        Form().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId
            ? name
            : throw ChatException.Invalid("quietHours.timeZone", "There is no such IANA time zone; one is Europe/Berlin.");

    // What is looked up becomes a file name, and names of Windows have blanks.
    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
