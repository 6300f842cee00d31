using MediatR;
using Microsoft.Extensions.Logging;
using ModularChat.Calls.Calling;
using ModularChat.Calls.Mixing;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Calls.Rooms;

/// <summary>Carries a change of a room through: judges on what is on the board, puts the next one there, tells the members, the mixer and the conversation.</summary>
internal sealed partial class RoomFlow(
    IRoomBoard board, ICallBoard clock, RoomTeller teller, MixerDesk desk, IMediator mediator, TimeProvider time, ILogger<RoomFlow> logger)
{
    public Moment Now => new(clock.Clock, time.GetUtcNow());

    /// <summary>The room as the clock leaves it; null when nobody is in.</summary>
    public Task<Room?> FindAsync(Guid conversationId, CancellationToken token) => ChangeAsync(conversationId, static (room, _) => room, token);

    /// <summary>Changes the room that somebody is in.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.NotFound"/>: nobody is in, so the caller is not.</exception>
    public async Task<Room> RequireAsync(Guid conversationId, Func<Room, Moment, Room> change, CancellationToken token) =>
        await ChangeAsync(conversationId, (room, now) => room is null ? throw Nobody() : change(room, now), token) ?? throw Nobody();

    /// <summary>Changes a room; null, to and from the function, stands for one that nobody is in.</summary>
    public async Task<Room?> ChangeAsync(Guid conversationId, Func<Room?, Moment, Room?> change, CancellationToken token)
    {
        while (true)
        {
            var read = await board.FindAsync(conversationId, token);
            var now = Now;
            var live = read?.IsLive == true ? read : null;
            // Who is out by the clock is out for whoever comes now, even if nobody has looked since.
            var looked = live is null ? null : RoomRules.Look(live, now);
            if (!ReferenceEquals(looked, live))
            {
                await TryAsync(read, looked!, token);
                continue;
            }
            var next = change(live, now);
            if (next is null || ReferenceEquals(next, live))
            {
                return live;
            }
            if (await TryAsync(read, next, token))
            {
                return next.IsLive ? next : null;
            }
        }
    }

    /// <summary>Writes the end of a room into the conversation; when that fails, it is tried again later.</summary>
    public async Task RecordAsync(Room room, CancellationToken token)
    {
        if (await WriteAsync(room, CallEvent.Ended, RoomRules.Seconds(room), token))
        {
            await board.TryReplaceAsync(room, room with { IsRecorded = true }, token);
        }
    }

    private async Task<bool> TryAsync(Room? read, Room next, CancellationToken token)
    {
        if (!await board.TryReplaceAsync(read, next, token))
        {
            return false;
        }
        var before = read?.Id == next.Id ? read : null;
        desk.Follow(before, next);
        if (before?.Version != next.Version)
        {
            await teller.TellAsync(next, token);
        }
        if (before is null)
        {
            await WriteAsync(next, CallEvent.Started, null, token);
        }
        if (!next.IsLive)
        {
            await RecordAsync(next, token);
        }
        return true;
    }

    private async Task<bool> WriteAsync(Room room, CallEvent what, long? seconds, CancellationToken token)
    {
        // Who began it may have left the group since.
        foreach (var sender in new[] { room.StarterId, room.LastId }.Where(id => id != Guid.Empty).Distinct())
        {
            try
            {
                await mediator.Send(new RecordCall(room.ConversationId, sender, new CallBody(room.Id, what, seconds)), token);
                return true;
            }
            catch (ChatException e) when (!e.Code.Retryable)
            {
                Log.NotRecorded(logger, room.Id, e.Code.Code);
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                // The room itself is as it is: that the log cannot take it now must not keep anybody from leaving.
                Log.NotRecorded(logger, room.Id, (e as ChatException)?.Code.Code ?? e.GetType().Name);
                return false;
            }
        }
        return true;
    }

    private static ChatException Nobody() => new(ProblemCodes.NotFound, "Nobody is in this room.");

    private static partial class Log
    {
        [LoggerMessage(5010, LogLevel.Warning, "What became of voice room {Room} could not be written into its conversation: {Reason}")]
        public static partial void NotRecorded(ILogger logger, Guid room, string reason);
    }
}
