using ModularChat.Calls.Rooms;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Storage;

/// <summary>Where the voice rooms are: the one truth about them for all nodes that share it. Its clock is that of <see cref="ICallBoard"/>. A room that is over stays for a minute, and until its end is in the conversation.</summary>
internal interface IRoomBoard
{
    /// <summary>The room of a conversation, perhaps one that is over; null when there is none.</summary>
    ValueTask<Room?> FindAsync(Guid conversationId, CancellationToken token);

    /// <summary>The conversations with rooms that are not over.</summary>
    ValueTask<Guid[]> LiveAsync(CancellationToken token);

    /// <summary>Puts a room in the place of what was read; false when that has changed since.</summary>
    ValueTask<bool> TryReplaceAsync(Room? read, Room next, CancellationToken token);

    /// <summary>Rooms with somebody whom the clock has taken out, with a mixer that nobody has listened to lately, and ended ones that are not recorded since <paramref name="before"/>; at most so many.</summary>
    ValueTask<Room[]> DueAsync(long now, long before, int limit, CancellationToken token);

    /// <summary>Adds what an end (null: the mixer) tells another (the empty id: the mixer). A description makes everything old that it told that one before.</summary>
    /// <returns>Its number; null when it has sent too many candidates since its last description.</returns>
    ValueTask<long?> AddSignalAsync(Room room, Guid? from, Guid to, CallSignal signal, int maxCandidates, CancellationToken token);

    /// <summary>What an end was told after a number in the room's present epoch, in order.</summary>
    ValueTask<RoomSignal[]> SignalsAsync(Room room, Guid forLeg, long after, CancellationToken token);
}
