using System.Buffers.Binary;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>How records lie in columns.</summary>
internal static class Rows
{
    public const string HeadColumns = "key, id, kind, title, history, seq, position, number, members_seq, members_position, marks_position, member_count, cut, keep_days, keep_count";
    public const string MemberColumns = "user, role, ranges, delivered, read, read_number, marks_position, muted_until, flags, ranges_position";

    private const int RangeSize = 32;

    public static Head Head(Statement row, int shards)
    {
        var id = row.Id(1);
        return new Head(
            id, Ids.Shard(id, shards), (ConversationKind)row.Number(2), row.Text(3), (HistoryVisibility)row.Number(4), row.Number(5),
            row.Number(6), row.Number(7), row.Number(8), row.Number(9), row.Number(10), (int)row.Number(11), row.Number(12),
            row.Number(13) == 0 && row.Number(14) == 0 ? null : new KeepRule((int)row.Number(13), row.Number(14)));
    }

    public static Member Member(Statement row) => new(
        row.Id(0), (MemberRole)row.Number(1), Ranges(row.Blob(2)), row.Number(3), row.Number(4), row.Number(5), row.Number(6),
        Preferences(row.NullableTime(7), row.Number(8)), row.Number(9));

    public static Preferences Preferences(DateTimeOffset? mutedUntil, long flags) =>
        mutedUntil is null && flags == 0 ? Storage.Preferences.None : new Preferences(mutedUntil, (flags & 1) != 0, (flags & 2) != 0);

    public static long Flags(Preferences preferences) => (preferences.Pinned ? 1 : 0) | (preferences.Archived ? 2 : 0);

    public static byte[] Encode(VisibleRange[] ranges)
    {
        var bytes = new byte[ranges.Length * RangeSize];
        for (var i = 0; i < ranges.Length; i++)
        {
            var span = bytes.AsSpan(i * RangeSize, RangeSize);
            BinaryPrimitives.WriteInt64LittleEndian(span, ranges[i].From);
            BinaryPrimitives.WriteInt64LittleEndian(span[8..], ranges[i].NumberBefore);
            BinaryPrimitives.WriteInt64LittleEndian(span[16..], ranges[i].To ?? -1);
            BinaryPrimitives.WriteInt64LittleEndian(span[24..], ranges[i].NumberTo ?? -1);
        }
        return bytes;
    }

    private static VisibleRange[] Ranges(ReadOnlySpan<byte> bytes)
    {
        var ranges = new VisibleRange[bytes.Length / RangeSize];
        for (var i = 0; i < ranges.Length; i++)
        {
            var span = bytes.Slice(i * RangeSize, RangeSize);
            var to = BinaryPrimitives.ReadInt64LittleEndian(span[16..]);
            ranges[i] = new VisibleRange(
                BinaryPrimitives.ReadInt64LittleEndian(span), BinaryPrimitives.ReadInt64LittleEndian(span[8..]),
                to < 0 ? null : to, to < 0 ? null : BinaryPrimitives.ReadInt64LittleEndian(span[24..]));
        }
        return ranges;
    }
}
