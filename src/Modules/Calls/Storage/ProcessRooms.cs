using Microsoft.Extensions.Options;
using ModularChat.Calls.Rooms;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Storage;

/// <summary>The voice rooms of a single node, in memory; what has to outlive the process lies on the shelf.</summary>
internal sealed class ProcessRooms : IRoomBoard
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Row> _rooms = [];
    private readonly Shelf _shelf;

    public ProcessRooms(Shelf shelf, ICallBoard calls, IOptions<CallsOptions> options)
    {
        _shelf = shelf;
        var until = calls.Clock + (options.Value.ReconnectSeconds * 1_000L);
        foreach (var room in shelf.ReadRooms())
        {
            // While there was no server nobody could give a sign of life, and nobody listens to the mixer. Signals go on with numbers above all that were.
            var kept = room with
            {
                Participants = Array.ConvertAll(room.Participants, one => one with { Until = until }),
                Mixer = room.Mixer is { } mixer ? mixer with { OwnerId = null, OwnerUntil = 0 } : null,
            };
            _rooms[room.ConversationId] = new Row(new SignalBook(calls.Clock)) { Room = kept };
        }
    }

    public ValueTask<Room?> FindAsync(Guid conversationId, CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_rooms.GetValueOrDefault(conversationId)?.Room);
        }
    }

    public ValueTask<Guid[]> LiveAsync(CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_rooms.Values.Where(row => row.Room.IsLive).Select(row => row.Room.ConversationId).ToArray());
        }
    }

    public ValueTask<bool> TryReplaceAsync(Room? read, Room next, CancellationToken token)
    {
        lock (_gate)
        {
            var row = _rooms.GetValueOrDefault(next.ConversationId);
            if (!ReferenceEquals(row?.Room, read))
            {
                return ValueTask.FromResult(false);
            }
            if (row is null || read!.Id != next.Id)
            {
                _rooms[next.ConversationId] = row = new Row(new SignalBook(row?.Signals.Last ?? 0)) { Room = next };
            }
            row.Room = next;
            row.Signals.Keep([.. next.Participants.Select(one => one.LegId)], next.Epoch);
            if (read is null || read.Version != next.Version || read.IsRecorded != next.IsRecorded || HasOtherLines(read, next))
            {
                _shelf.Put(next);
            }
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<Room[]> DueAsync(long now, long before, int limit, CancellationToken token)
    {
        lock (_gate)
        {
            List<Room> due = [];
            foreach (var (id, row) in _rooms)
            {
                var room = row.Room;
                if (room.IsLive ? now >= Dues.Of(room) : !room.IsRecorded && room.Ended <= before)
                {
                    due.Add(room);
                    if (due.Count >= limit)
                    {
                        break;
                    }
                }
                else if (!room.IsLive && room.IsRecorded && room.Ended + ProcessBoard.KeptFor <= now)
                {
                    // Allowed while walking: a dictionary survives removals.
                    _rooms.Remove(id);
                    _shelf.Remove(room);
                }
            }
            return ValueTask.FromResult(due.ToArray());
        }
    }

    public ValueTask<long?> AddSignalAsync(Room room, Guid? from, Guid to, CallSignal signal, int maxCandidates, CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_rooms.GetValueOrDefault(room.ConversationId) is { } row && row.Room.Id == room.Id
                ? row.Signals.Add(from, to, room.Epoch, signal, maxCandidates)
                : null);
        }
    }

    public ValueTask<RoomSignal[]> SignalsAsync(Room room, Guid forLeg, long after, CancellationToken token)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_rooms.GetValueOrDefault(room.ConversationId) is { } row && row.Room.Id == room.Id
                ? row.Signals.For(forLeg, after).Where(told => told.Epoch == room.Epoch).ToArray()
                : []);
        }
    }

    private static bool HasOtherLines(Room read, Room next) =>
        !read.Participants.Select(one => one.Line).SequenceEqual(next.Participants.Select(one => one.Line)) || read.Mixer?.Session != next.Mixer?.Session;

    private sealed class Row(SignalBook signals)
    {
        public required Room Room { get; set; }

        public SignalBook Signals { get; } = signals;
    }
}
