using System.Text;

namespace ModularChat.Identity.Names;

/// <summary>
/// Which script a letter belongs to, as far as user names need it. .NET does not know the Unicode property Script; this table
/// has the blocks of the scripts that people write names in. A letter outside counts to its own 128 code points, so that it
/// still cannot be mixed with another script.
/// </summary>
internal static class Scripts
{
    public const int Latin = 1, Greek = 2, Cyrillic = 3, Armenian = 4, Hebrew = 5, Arabic = 6, Syriac = 7, Thaana = 8, Ethiopic = 9,
        Cherokee = 10, Khmer = 11, Mongolian = 12, Georgian = 13, Hangul = 14, Hiragana = 15, Katakana = 16, Bopomofo = 17, Han = 18,
        Tibetan = 19, Myanmar = 20, Thai = 21, Lao = 22;

    private const int FirstUnlisted = 1000;

    // First and last code point of each block, ascending.
    private static readonly (int First, int Last, int Script)[] Blocks =
    [
        (0x0041, 0x005A, Latin), (0x0061, 0x007A, Latin), (0x00AA, 0x00AA, Latin), (0x00BA, 0x00BA, Latin), (0x00C0, 0x02AF, Latin),
        (0x0370, 0x03E1, Greek), (0x03F0, 0x03FF, Greek), (0x0400, 0x052F, Cyrillic), (0x0530, 0x058F, Armenian),
        (0x0590, 0x05FF, Hebrew), (0x0600, 0x06FF, Arabic), (0x0700, 0x074F, Syriac), (0x0750, 0x077F, Arabic),
        (0x0780, 0x07BF, Thaana), (0x0860, 0x086F, Syriac), (0x0870, 0x08FF, Arabic), (0x0E00, 0x0E7F, Thai), (0x0E80, 0x0EFF, Lao),
        (0x0F00, 0x0FFF, Tibetan), (0x1000, 0x109F, Myanmar), (0x10A0, 0x10FF, Georgian), (0x1100, 0x11FF, Hangul),
        (0x1200, 0x139F, Ethiopic), (0x13A0, 0x13FF, Cherokee), (0x1780, 0x17FF, Khmer), (0x1800, 0x18AF, Mongolian),
        (0x1C80, 0x1C8F, Cyrillic), (0x1C90, 0x1CBF, Georgian), (0x1D00, 0x1D25, Latin), (0x1D6B, 0x1D77, Latin),
        (0x1D79, 0x1DBE, Latin), (0x1E00, 0x1EFF, Latin), (0x1F00, 0x1FFF, Greek), (0x2C60, 0x2C7F, Latin), (0x2D00, 0x2D2F, Georgian),
        (0x2D80, 0x2DDF, Ethiopic), (0x2DE0, 0x2DFF, Cyrillic), (0x3005, 0x3007, Han), (0x3021, 0x3029, Han), (0x3038, 0x303B, Han),
        (0x3041, 0x309F, Hiragana), (0x30A0, 0x30FF, Katakana), (0x3105, 0x312F, Bopomofo), (0x3130, 0x318F, Hangul),
        (0x31A0, 0x31BF, Bopomofo), (0x31F0, 0x31FF, Katakana), (0x3400, 0x4DBF, Han), (0x4E00, 0x9FFF, Han),
        (0xA640, 0xA69F, Cyrillic), (0xA720, 0xA7FF, Latin), (0xA960, 0xA97F, Hangul), (0xA9E0, 0xA9FF, Myanmar),
        (0xAA60, 0xAA7F, Myanmar), (0xAB00, 0xAB2F, Ethiopic), (0xAB30, 0xAB6F, Latin), (0xAB70, 0xABBF, Cherokee),
        (0xAC00, 0xD7FF, Hangul), (0xF900, 0xFAFF, Han), (0x10780, 0x107BF, Latin), (0x1B000, 0x1B0FF, Hiragana),
        (0x1DF00, 0x1DFFF, Latin), (0x20000, 0x3FFFF, Han),
    ];

    /// <summary>The script of a letter, a mark on letters or a digit; the blocks of the Indic scripts are 128 code points each and need no row.</summary>
    public static int Of(Rune rune)
    {
        var (low, high) = (0, Blocks.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var block = Blocks[middle];
            if (rune.Value < block.First)
            {
                high = middle - 1;
            }
            else if (rune.Value > block.Last)
            {
                low = middle + 1;
            }
            else
            {
                return block.Script;
            }
        }
        return FirstUnlisted + (rune.Value >> 7);
    }

    /// <summary>True for one script, and for those that one language writes together: Japanese, Korean, and Chinese with Bopomofo.</summary>
    public static bool GoTogether(IReadOnlySet<int> scripts) =>
        scripts.Count <= 1
        || scripts.All(script => script is Han or Hiragana or Katakana)
        || scripts.All(script => script is Han or Hangul)
        || scripts.All(script => script is Han or Bopomofo);
}
