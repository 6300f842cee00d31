namespace ModularChat.Messaging.Storage.Writing;

/// <summary>What a members entry does to a member's visible ranges.</summary>
internal static class VisibleRanges
{
    /// <summary>The ranges after a members entry.</summary>
    /// <param name="ranges">The ranges before; never changed in place, as readers may hold them.</param>
    /// <param name="change">What to do.</param>
    /// <param name="seq">The members entry.</param>
    /// <param name="number">The running message number at it; a members entry is no message, so the same before it.</param>
    public static VisibleRange[] Change(VisibleRange[] ranges, RangeChange change, long seq, long number)
    {
        var isOpen = ranges is [.., { To: null }];
        return change switch
        {
            RangeChange.OpenHere when !isOpen => [.. ranges, new VisibleRange(seq, number, null, null)],
            RangeChange.OpenAll when ranges is not [{ From: 1, To: null }] => [new VisibleRange(1, 0, null, null)],
            RangeChange.Close when isOpen => [.. ranges[..^1], ranges[^1] with { To = seq, NumberTo = number }],
            _ => ranges,
        };
    }
}
