using MediatR;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.Leases;

/// <summary>
/// The leases of a cluster: those of this process in memory, and what the others say on a board. While the board is away everybody else stays
/// as last seen on it.
/// </summary>
internal sealed partial class SharedLeases(MemoryLeases own, IAttendanceBoard board, IMediator mediator, ILogger<SharedLeases> logger) : ILeases
{
    private const int SweepAtOnce = 1_000, MostRemembered = 100_000;

    private static readonly TimeSpan ActiveFor = TimeSpan.FromMinutes(1);

    private readonly Dictionary<Guid, IReadOnlyList<(Guid Process, Posted Posted)>> _remembered = [];
    private readonly Lock _remembering = new();
    private HashSet<Guid> _unwritten = [];
    private HashSet<Guid> _active = [];
    private Guid _self = Ids.New();
    private IReadOnlySet<Guid> _live = new HashSet<Guid>();
    private bool _isAway, _hadOthers;

    public bool IsShared => true;

    /// <summary>Who was with another process, or with this one before it started anew, is on the board until that is known to be over.</summary>
    public bool IsSettled => Volatile.Read(ref _hadOthers) || own.IsSettled;

    public ValueTask KeepAsync(Lease lease, TimeSpan life, CancellationToken token) => own.KeepAsync(lease, life, token);

    public ValueTask<bool> RenewAsync(Guid connectionId, TimeSpan age, TimeSpan life, bool isActive, CancellationToken token) =>
        own.RenewAsync(connectionId, age, life, isActive, token);

    public ValueTask EndAsync(Guid connectionId, TimeSpan linger, CancellationToken token) => own.EndAsync(connectionId, linger, token);

    public ValueTask EndSessionAsync(Guid userId, Guid sessionId, CancellationToken token) => own.EndSessionAsync(userId, sessionId, token);

    public ValueTask TouchAsync(Guid userId, CancellationToken token) => own.TouchAsync(userId, token);

    public ValueTask<Lease?> FindAsync(Guid connectionId, CancellationToken token) => own.FindAsync(connectionId, token);

    public async ValueTask<Lease[]> OfAsync(Guid userId, CancellationToken token)
    {
        var others = (await OthersAsync([userId], token))[0];
        return [.. await own.OfAsync(userId, token), .. others.SelectMany(posted => posted.Leases)];
    }

    public async ValueTask<Attendance[]> AttendAsync(IReadOnlyList<Guid> userIds, CancellationToken token)
    {
        var others = await OthersAsync(userIds, token);
        var attendances = await own.AttendAsync(userIds, token);
        for (var i = 0; i < attendances.Length; i++)
        {
            if (others[i].Count > 0)
            {
                var here = attendances[i];
                attendances[i] = new Attendance(IsThere: true, others[i].All(posted => posted.IsIdle) && (!here.IsThere || here.IsIdle), TimeSpan.Zero);
            }
        }
        return attendances;
    }

    public async ValueTask<Guid[][]> ActiveDevicesAsync(IReadOnlyList<Guid> userIds, TimeSpan within, CancellationToken token)
    {
        var others = await OthersAsync(userIds, token);
        var here = await own.ActiveDevicesAsync(userIds, within, token);
        return [.. here.Select((devices, i) => others[i].Count == 0 ? devices : [.. devices.Concat(others[i].SelectMany(posted => posted.Active())).Distinct()])];
    }

    public ValueTask<IReadOnlyList<(Guid UserId, Attendance Now)>> AllAsync(CancellationToken token) => own.AllAsync(token);

    public async ValueTask<Moves> TakeMovesAsync(CancellationToken token)
    {
        own.Follow();
        var moves = own.TakeMoves();
        _unwritten.UnionWith(moves.Users);
        _unwritten.UnionWith(own.TakeChanged());
        var active = own.ListActive(ActiveFor);
        _active.SymmetricExceptWith(active);
        _unwritten.UnionWith(_active);
        _active = active;
        List<(Guid, TimeSpan)> gone = [.. moves.Gone];
        var isAllSuspect = false;
        try
        {
            var left = await RenewAsync(token);
            isAllSuspect = left.IsAllSuspect || _isAway;
            await WriteAsync(token);
            if (left.Absent is { } absent)
            {
                gone.AddRange(await SweepAsync(absent, token));
            }
            if (_isAway)
            {
                Log.IsBack(logger);
            }
            _isAway = false;
        }
        catch (BoardAwayException e)
        {
            if (!_isAway)
            {
                Log.IsAway(logger, e.InnerException!.Message);
            }
            _isAway = true;
        }
        var attendances = await AttendAsync([.. gone.Select(one => one.Item1)], token);
        return new Moves(moves.Users, [.. gone.Where((_, i) => !attendances[i].IsThere)], isAllSuspect);
    }

    private async Task<(Absent? Absent, bool IsAllSuspect)> RenewAsync(CancellationToken token)
    {
        var round = await board.RenewAsync(_self, own.Life, token);
        if (round.Standing == Standing.Left)
        {
            // Another process is taking off what was written under this id; a new one keeps the two apart.
            _self = Ids.New();
            round = await board.RenewAsync(_self, own.Life, token);
        }
        if (round.Standing == Standing.New)
        {
            _unwritten.UnionWith((await own.AllAsync(token)).Select(one => one.UserId));
        }
        var hasLost = _live.Except(round.Live).Any();
        _live = round.Live;
        if (_live.Count > 0 || round.Left is not null)
        {
            Volatile.Write(ref _hadOthers, true);
        }
        return (round.Left, hasLost || round.Standing == Standing.New);
    }

    /// <summary>Writes what has changed here, and lets the others look at it.</summary>
    private async Task WriteAsync(CancellationToken token)
    {
        if (_unwritten.Count == 0)
        {
            return;
        }
        Guid[] users = [.. _unwritten];
        var attendances = await own.AttendAsync(users, token);
        var active = await own.ActiveDevicesAsync(users, ActiveFor, token);
        List<Posted> there = [];
        List<Guid> gone = [];
        for (var i = 0; i < users.Length; i++)
        {
            if (attendances[i].IsThere)
            {
                there.Add(new Posted(users[i], attendances[i].IsIdle, _active.Contains(users[i]), await own.OfAsync(users[i], token), active[i]));
            }
            else
            {
                gone.Add(users[i]);
            }
        }
        await board.WriteAsync(_self, there, gone, token);
        _unwritten = [];
        foreach (var chunk in users.Chunk(SweepAtOnce))
        {
            await mediator.Publish(new AttendanceMoved(chunk), token);
        }
    }

    /// <summary>Takes the users of a process that is gone off the board; gives them with its last sign, for those who are nowhere else.</summary>
    private async Task<List<(Guid, TimeSpan)>> SweepAsync(Absent absent, CancellationToken token)
    {
        List<(Guid, TimeSpan)> gone = [];
        while (await board.ListAsync(absent.Id, SweepAtOnce, token) is { Length: > 0 } users)
        {
            await board.WriteAsync(absent.Id, [], users, token);
            gone.AddRange(users.Select(user => (user, absent.SinceSign)));
            await mediator.Publish(new AttendanceMoved(users), token);
        }
        await board.ForgetAsync(absent.Id, token);
        Log.Swept(logger, absent.Id, gone.Count);
        return gone;
    }

    /// <summary>What other processes say of these users, as far as it holds.</summary>
    private async ValueTask<IReadOnlyList<Posted>[]> OthersAsync(IReadOnlyList<Guid> userIds, CancellationToken token)
    {
        var found = new IReadOnlyList<Posted>[userIds.Count];
        Array.Fill(found, []);
        if (_live.Count == 0 || userIds.Count == 0)
        {
            return found;
        }
        try
        {
            var read = _isAway ? null : await board.ReadAsync(userIds, token);
            lock (_remembering)
            {
                for (var i = 0; i < found.Length; i++)
                {
                    found[i] = Holding(read is null ? _remembered.GetValueOrDefault(userIds[i]) ?? [] : Remember(userIds[i], read[i]));
                }
            }
        }
        catch (BoardAwayException)
        {
            lock (_remembering)
            {
                for (var i = 0; i < found.Length; i++)
                {
                    found[i] = Holding(_remembered.GetValueOrDefault(userIds[i]) ?? []);
                }
            }
        }
        return found;
    }

    private IReadOnlyList<(Guid, Posted)> Remember(Guid userId, IReadOnlyList<(Guid, Posted)> read)
    {
        if (read.Count == 0)
        {
            _remembered.Remove(userId);
        }
        else if (_remembered.Count < MostRemembered || _remembered.ContainsKey(userId))
        {
            _remembered[userId] = read;
        }
        return read;
    }

    private Posted[] Holding(IReadOnlyList<(Guid Process, Posted Posted)> read) =>
        [.. read.Where(one => _live.Contains(one.Process)).Select(one => one.Posted)];

    private static partial class Log
    {
        [LoggerMessage(4010, LogLevel.Warning, "The shared store of presence cannot be reached: {Reason}. Others are shown as they were")]
        public static partial void IsAway(ILogger logger, string reason);

        [LoggerMessage(4011, LogLevel.Information, "The shared store of presence is back")]
        public static partial void IsBack(ILogger logger);

        [LoggerMessage(4012, LogLevel.Information, "Node {Process} is gone; {Count} users were there by it")]
        public static partial void Swept(ILogger logger, Guid process, int count);
    }
}
