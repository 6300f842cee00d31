using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using ModularChat.Contracts;

namespace ModularChat.Messaging.Sending;

/// <summary>What may stand in texts. A text that passes is stored as it came.</summary>
internal static class TextRules
{
    public const int MaxTitleLength = 100;
    public const int MaxEmojiBytes = 64;

    /// <summary>A message: 1 to <paramref name="maxLength"/> UTF-16 code units, no lone surrogates, of the control characters tab and line feed.</summary>
    public static void CheckMessage(string? text, int maxLength) => Check(text, "text", maxLength, allowLines: true);

    /// <summary>A title: as a message, but short, in one line and not only white space.</summary>
    public static void CheckTitle(string? title)
    {
        Check(title, "title", MaxTitleLength, allowLines: false);
        if (string.IsNullOrWhiteSpace(title))
        {
            throw Wrong("title", "title is only white space.");
        }
    }

    /// <summary>A reaction: one visible character in the sense of Unicode, at most 64 bytes of UTF-8.</summary>
    public static void CheckEmoji(string? emoji)
    {
        Check(emoji, "emoji", MaxEmojiBytes, allowLines: false);
        if (Encoding.UTF8.GetByteCount(emoji) > MaxEmojiBytes)
        {
            throw ChatException.TooLong("emoji", MaxEmojiBytes, "bytes of UTF-8");
        }
        if (StringInfo.GetNextTextElementLength(emoji) != emoji.Length || char.IsWhiteSpace(emoji[0]))
        {
            throw Wrong("emoji", "emoji is not one visible character.");
        }
    }

    private static void Check([NotNull] string? text, string field, int maxLength, bool allowLines)
    {
        if (string.IsNullOrEmpty(text))
        {
            throw Wrong(field, $"{field} is empty.");
        }
        if (text.Length > maxLength)
        {
            throw ChatException.TooLong(field, maxLength, "UTF-16 code units");
        }
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsControl(c) && !(allowLines && (c is '\t' or '\n')))
            {
                throw Wrong(field, string.Create(CultureInfo.InvariantCulture, $"{field} holds the control character U+{(int)c:X4} at {i}."));
            }
            if (char.IsSurrogate(c))
            {
                if (!char.IsHighSurrogate(c) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                {
                    throw Wrong(field, string.Create(CultureInfo.InvariantCulture, $"{field} holds a lone surrogate at {i}."));
                }
                i++;
            }
        }
    }

    private static ChatException Wrong(string field, string detail) => new(ProblemCodes.InvalidText, detail) { Field = field };
}
