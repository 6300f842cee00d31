namespace ModularChat.Messaging.Storage.Moving;

/// <summary>Positive numbers, mostly close to each other: a bit each.</summary>
internal sealed class PositionSet
{
    private const int PageBits = 16;

    private readonly Dictionary<long, ulong[]> _pages = [];

    public bool Contains(long position) =>
        _pages.TryGetValue(position >> PageBits, out var page) && (page[(int)(position & ((1 << PageBits) - 1)) >> 6] & (1UL << (int)(position & 63))) != 0;

    /// <summary>False when it was there already.</summary>
    public bool Add(long position)
    {
        var number = position >> PageBits;
        if (!_pages.TryGetValue(number, out var page))
        {
            _pages.Add(number, page = new ulong[1 << (PageBits - 6)]);
        }
        var place = (int)(position & ((1 << PageBits) - 1));
        var bit = 1UL << (place & 63);
        if ((page[place >> 6] & bit) != 0)
        {
            return false;
        }
        page[place >> 6] |= bit;
        return true;
    }
}
