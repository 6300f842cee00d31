using System.Globalization;
using ModularChat.Calls.Rooms;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Storage.Redis;

/// <summary>The voice rooms of all nodes, in Redis.</summary>
internal sealed class RedisRooms(RedisLink link) : IRoomBoard
{
    private const string Rooms = "room", Signals = "room-signals", Mixer = "mixer";
    private const long RecordAfter = 5_000;

    public ValueTask<Room?> FindAsync(Guid conversationId, CancellationToken token) => link.GetAsync<Room>(link.Key(Rooms, conversationId), token);

    public ValueTask<Guid[]> LiveAsync(CancellationToken token) => link.MembersAsync([link.Key("rooms")], token);

    public async ValueTask<bool> TryReplaceAsync(Room? read, Room next, CancellationToken token)
    {
        var isPut = await link.PutAsync(
            new Slot(link.Key(Rooms, next.ConversationId), link.Key("rooms-due"), [link.Key("rooms")], next.ConversationId),
            read,
            next,
            next.IsLive ? Dues.Of(next) : next.IsRecorded ? null : next.Ended + RecordAfter,
            next.IsLive || !next.IsRecorded ? 0 : RedisLink.KeptFor,
            next.IsLive,
            null,
            token);
        if (isPut && !next.IsLive)
        {
            await link.ForgetAsync(Signals, next.Id, token);
        }
        return isPut;
    }

    public async ValueTask<Room[]> DueAsync(long now, long before, int limit, CancellationToken token)
    {
        var ids = await link.DueAsync(link.Key("rooms-due"), now, limit, token);
        return await link.GetAsync<Room>(Array.ConvertAll(ids, id => link.Key(Rooms, id)), token);
    }

    public ValueTask<long?> AddSignalAsync(Room room, Guid? from, Guid to, CallSignal signal, int maxCandidates, CancellationToken token) => link.AddAsync(
        link.Key(Rooms, room.ConversationId),
        Signals,
        room.Id,
        string.Create(CultureInfo.InvariantCulture, $"{from?.ToString("N") ?? Mixer}>{to:N}@{room.Epoch}"),
        signal,
        maxCandidates,
        token);

    public async ValueTask<RoomSignal[]> SignalsAsync(Room room, Guid forLeg, long after, CancellationToken token)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $">{forLeg:N}@{room.Epoch}");
        return
        [
            .. from one in await link.ToldAsync(Signals, room.Id, token)
               where one.Told.Number > after && one.Pair.EndsWith(end, StringComparison.Ordinal)
               let sender = one.Pair.Split('>')[0]
               where sender == Mixer || room.FindLeg(Guid.ParseExact(sender, "N")) is not null
               select new RoomSignal(one.Told.Number, room.Epoch, sender == Mixer ? null : Guid.ParseExact(sender, "N"), one.Told.Signal),
        ];
    }
}
