using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Calls.Rooms;

/// <summary>Tells the members of a conversation how its room is: a change at once when the last is half a second ago, else the newest state when it is.</summary>
internal sealed partial class RoomTeller(IMediator mediator, TimeProvider time, IOptions<CallsOptions> options, ILogger<RoomTeller> logger) : BackgroundService
{
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(500), Forgotten = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, State> _states = [];
    private readonly SemaphoreSlim _waiting = new(0);

    public async Task TellAsync(Room room, CancellationToken token)
    {
        State state;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_states.TryGetValue(room.ConversationId, out state!) && time.GetElapsedTime(state.At, now) < Apart)
            {
                if (state.Pending is null)
                {
                    _waiting.Release();
                }
                state.Pending = state.Pending is { } pending && pending.Version > room.Version ? pending : room;
                return;
            }
            if (state is null)
            {
                _states[room.ConversationId] = state = new State();
            }
            state.At = now;
        }
        await SendAsync(state, room, token);
    }

    /// <summary>Tells what has waited for half a second, or all of it.</summary>
    internal async Task FlushAsync(CancellationToken token)
    {
        List<(State State, Room Room)> due = [];
        lock (_gate)
        {
            var now = time.GetTimestamp();
            foreach (var (id, state) in _states)
            {
                if (state.Pending is { } room)
                {
                    due.Add((state, room));
                    (state.Pending, state.At) = (null, now);
                }
                else if (time.GetElapsedTime(state.At, now) > Forgotten)
                {
                    // Allowed while walking: a dictionary survives removals.
                    _states.Remove(id);
                }
            }
        }
        foreach (var (state, room) in due)
        {
            await SendAsync(state, room, token);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await _waiting.WaitAsync(stoppingToken);
            await Task.Delay(Apart, time, stoppingToken);
            try
            {
                await FlushAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    public override void Dispose()
    {
        _waiting.Dispose();
        base.Dispose();
    }

    private async Task SendAsync(State state, Room room, CancellationToken token)
    {
        var members = await MembersAsync(state, room, token);
        var info = room.ToInfo();
        var isOnlySpeech = state.Told is { } told && Silent(told).SequenceEqual(Silent(info)) && told.Id == info.Id && told.Epoch == info.Epoch && told.EndedAt == info.EndedAt;
        state.Told = info;
        if (members.Length <= options.Value.SpeakingLimit)
        {
            await mediator.Publish(new RoomChanged(info, members), token);
            return;
        }
        Guid[] within = [.. room.Participants.Select(one => one.UserId)];
        if (within.Length > 0)
        {
            await mediator.Publish(new RoomChanged(info, within), token);
        }
        if (!isOnlySpeech)
        {
            await mediator.Publish(new RoomChanged(info with { Participants = Silent(info) }, [.. members.Except(within)]), token);
        }
    }

    private static RoomParticipant[] Silent(RoomInfo room) => Array.ConvertAll(room.Participants, one => one with { Speaking = false });

    private static async Task<Guid[]> AskAsync(IMediator mediator, Guid userId, Guid conversationId, CancellationToken token)
    {
        try
        {
            return await mediator.Send(new GetRecipients(new Caller(userId), conversationId), token);
        }
        catch (ChatException)
        {
            return [];
        }
    }

    /// <summary>Asked on behalf of somebody who is or was in it; when none of them is a member any longer, whoever was told before.</summary>
    private async Task<Guid[]> MembersAsync(State state, Room room, CancellationToken token)
    {
        foreach (var userId in room.Participants.Select(one => one.UserId).Append(room.LastId).Append(room.StarterId).Where(id => id != Guid.Empty).Distinct())
        {
            if (await AskAsync(mediator, userId, room.ConversationId, token) is { Length: > 0 } members)
            {
                return state.Members = members;
            }
        }
        return state.Members;
    }

    private sealed class State
    {
        public long At { get; set; }

        public Room? Pending { get; set; }

        public RoomInfo? Told { get; set; }

        public Guid[] Members { get; set; } = [];
    }

    private static partial class Log
    {
        [LoggerMessage(5011, LogLevel.Error, "Telling of voice rooms failed")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}
