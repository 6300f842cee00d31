using System.Globalization;
using ModularChat.Contracts;

namespace ModularChat.Identity.Names;

/// <summary>What every short text of a profile has to be.</summary>
internal static class Texts
{
    /// <summary>The text without white space around it.</summary>
    /// <exception cref="ChatException">It is empty where it may not be, too long, or holds what is not text.</exception>
    public static string Check(string field, string text, int longest, bool mayBeEmpty = false)
    {
        var trimmed = text.Trim();
        if (trimmed.Length > longest)
        {
            throw ChatException.TooLong(field, longest, "characters");
        }
        if ((trimmed.Length == 0 && !mayBeEmpty) || IsBroken(trimmed) || trimmed.Any(IsUnwanted))
        {
            throw new ChatException(ProblemCodes.InvalidText, $"{field} is empty or holds control characters or half characters.") { Field = field };
        }
        return trimmed;
    }

    /// <summary>True for half characters, and for U+FFFE, which no text has and .NET refuses to normalise.</summary>
    public static bool IsBroken(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]) || text[i] == '\uFFFE')
            {
                return true;
            }
        }
        return false;
    }

    // Marks that turn the direction of writing would spill over into what a client shows beside the text.
    private static bool IsUnwanted(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
