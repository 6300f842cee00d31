using System.Globalization;
using System.Text.RegularExpressions;
using ModularChat.Contracts;

namespace ModularChat.Identity.Names;

/// <summary>Colours behind a user's initials.</summary>
internal static partial class AvatarColours
{
    // Dark enough for white letters, far enough apart to tell people from each other.
    private static readonly string[] Defaults =
    [
        "#b3261e", "#b35309", "#8a6d00", "#4d7c0f", "#15803d", "#0f766e", "#0e7490", "#1d4ed8", "#4338ca", "#6d28d9", "#a21caf", "#be185d",
    ];

    /// <summary>The colour of somebody who has chosen none: always the same for the same id.</summary>
    public static string Of(Guid id) => Defaults[Ids.Shard(id, Defaults.Length)];

    public static string Check(string colour) =>
        Form().IsMatch(colour)
            ? colour.ToLower(CultureInfo.InvariantCulture)
            : throw ChatException.Invalid("avatarColour", "A colour is # and six hexadecimal digits.");

    [GeneratedRegex(@"\A#[0-9a-fA-F]{6}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
