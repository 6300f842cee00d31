namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>A shard and a position in one number: the row id of entries and marks, so that each shard is one run of rows in position order.</summary>
internal static class Place
{
    private const int Bits = 48;

    public static long Of(int shard, long position) => ((long)shard << Bits) | position;

    public static int Shard(long place) => (int)(place >> Bits);

    public static long Position(long place) => place & ((1L << Bits) - 1);
}
