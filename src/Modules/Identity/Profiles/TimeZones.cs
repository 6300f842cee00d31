using System.Text.RegularExpressions;
using ModularChat.Contracts;

namespace ModularChat.Identity.Profiles;

/// <summary>Time zones by their IANA names.</summary>
internal static partial class TimeZones
{
    public static string Check(string name) =>
        Form().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId
            ? name
            : throw ChatException.Invalid("timeZone", "There is no such IANA time zone; one is Europe/Berlin.");

    // What is looked up becomes a file name, and names of Windows have blanks.
    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
