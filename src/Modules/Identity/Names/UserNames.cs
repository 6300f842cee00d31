using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Identity;
using ModularChat.Contracts;

namespace ModularChat.Identity.Names;

/// <summary>The rules of user names, and the form in which names are compared.</summary>
internal sealed class UserNames : ILookupNormalizer
{
    public const int Shortest = 3, Longest = 32;

    /// <summary>The name as it is kept (NFKC).</summary>
    /// <exception cref="ChatException">It is not a user name.</exception>
    public static string Check(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw ChatException.Invalid("name", "A name is needed.");
        }
        if (name.Length > 4 * Longest)
        {
            throw ChatException.TooLong("name", Longest, "characters");
        }
        if (Texts.IsBroken(name))
        {
            throw ChatException.Invalid("name", "The name holds half a character.");
        }
        var kept = name.Normalize(NormalizationForm.FormKC);
        var length = kept.EnumerateRunes().Count();
        if (length > Longest)
        {
            throw ChatException.TooLong("name", Longest, "characters");
        }
        if (length < Shortest)
        {
            throw ChatException.Invalid("name", $"A name has at least {Shortest} characters.");
        }
        CheckCharacters(kept);
        return kept;
    }

    /// <summary>The form that is unique: compatible forms and cases of a letter are one. Never fails, whatever it is given.</summary>
    public static string Normalize(string text)
    {
        if (Texts.IsBroken(text) || text.Contains('\0', StringComparison.Ordinal))
        {
            // No name has such a form, so it finds nobody; and not every database takes these characters.
            return "\uFFFD" + Convert.ToHexStringLower(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()));
        }
        // First to upper case: it makes one of letters that have two lower forms, as the Greek sigma.
        return text.Normalize(NormalizationForm.FormKC).ToUpperInvariant().ToLowerInvariant().Normalize(NormalizationForm.FormKC);
    }

    public string? NormalizeName(string? name) => name is null ? null : Normalize(name);

    public string? NormalizeEmail(string? email) => email;

    private static void CheckCharacters(string name)
    {
        var scripts = new HashSet<int>();
        var (isFirst, hasAny) = (true, false);
        foreach (var rune in name.EnumerateRunes())
        {
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                    or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter when rune.Value is not (0x0640 or 0x115F or 0x1160 or 0x3164):
                    // Left out above: the Arabic stretcher and the Hangul fillers, letters by category that change only the looks or show nothing.
                    scripts.Add(Scripts.Of(rune));
                    hasAny = true;
                    break;
                case UnicodeCategory.DecimalDigitNumber:
                    hasAny = true;
                    if (!char.IsAsciiDigit((char)Math.Min(rune.Value, 0xFFFF)))
                    {
                        scripts.Add(Scripts.Of(rune));
                    }
                    break;
                // Vowel signs and the like belong to letters, and only to those of their own script.
                case UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark when !isFirst && scripts.Contains(Scripts.Of(rune)):
                    break;
                default:
                    if (rune.Value is not ('_' or '.' or '-'))
                    {
                        throw ChatException.Invalid("name", "A name has letters and digits of one script, and the characters _ . -");
                    }
                    break;
            }
            isFirst = false;
        }
        if (!hasAny)
        {
            throw ChatException.Invalid("name", "A name has at least one letter or digit.");
        }
        if (!Scripts.GoTogether(scripts))
        {
            throw ChatException.Invalid("name", "The letters of a name are of one script.");
        }
    }
}
