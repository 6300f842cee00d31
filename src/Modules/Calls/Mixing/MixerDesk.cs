using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Rooms;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;

namespace ModularChat.Calls.Mixing;

/// <summary>Finds a mixer for a room, and tells it what becomes of the room.</summary>
internal sealed partial class MixerDesk(IMixer mixer, IRoomBoard board, ICallBoard clock, IOptions<CallsOptions> options, ILogger<MixerDesk> logger)
{
    private readonly Channel<Room> _opened = Channel.CreateUnbounded<Room>();

    private HashSet<long> _suspects = [];

    /// <summary>The name of this process as one that listens to mixers.</summary>
    public Guid Self { get; } = Ids.New();

    /// <summary>Rooms that have come to a mixer which this process listens to.</summary>
    public ChannelReader<Room> Opened => _opened.Reader;

    public IReadOnlyList<string> Urls { get; } =
        [.. options.Value.JanusUrls.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(url => url.TrimEnd('/'))];

    /// <summary>A room on the least loaded mixer that answers.</summary>
    /// <param name="roomId">The room; null: one that is about to begin.</param>
    /// <param name="token">Gives up.</param>
    /// <exception cref="ChatException">There is no mixer, or none answers.</exception>
    public async Task<MixerPlace> OpenAsync(Guid? roomId, CancellationToken token)
    {
        if (Urls.Count == 0)
        {
            throw new ChatException(ProblemCodes.LimitReached, $"A voice room has up to {options.Value.MeshLimit} participants here.") { Limit = options.Value.MeshLimit };
        }
        var load = await LoadAsync(token);
        foreach (var url in Urls.OrderBy(url => load.GetValueOrDefault(url)))
        {
            try
            {
                var place = await mixer.OpenAsync(url, roomId ?? Guid.Empty, token);
                return place with { OwnerId = Self, OwnerUntil = clock.Clock + Dues.OwnerFor };
            }
            catch (MixerLostException e)
            {
                Log.NotOpened(logger, url, e.Message);
            }
        }
        throw new ChatException(ProblemCodes.Unavailable, "No mixer answers.") { RetryAfter = TimeSpan.FromSeconds(2) };
    }

    public void Close(MixerPlace place) => Tell(place, token => mixer.CloseAsync(place, token));

    /// <summary>Lets the mixer follow a change of a room. It is told on the side: a mixer that does not answer keeps nobody from leaving.</summary>
    public void Follow(Room? before, Room next)
    {
        if (next.IsLive && next.Mixer is { } opened && opened.OwnerId == Self && before?.Mixer?.Session != opened.Session)
        {
            _opened.Writer.TryWrite(next);
        }
        if (before?.Mixer is not { } place)
        {
            return;
        }
        if (!next.IsLive || next.Mixer?.Session != place.Session)
        {
            Close(place);
            return;
        }
        foreach (var old in before.Participants)
        {
            var now = next.FindLeg(old.LegId);
            if (old.Line is { } line && now?.Line != line)
            {
                Tell(place, token => mixer.DetachAsync(place, old.LegId, line, token));
            }
            else if (now?.Line is { } kept && now.IsSilenced != old.IsSilenced)
            {
                Tell(place, token => mixer.SilenceAsync(place, kept, now.IsSilenced, token));
            }
        }
    }

    /// <summary>Takes away what is left on the mixers of rooms that are over, when one was not there at the end.</summary>
    public async Task SweepAsync(CancellationToken token)
    {
        HashSet<long> suspects = [];
        foreach (var url in Urls)
        {
            var known = (await RoomsAsync(token)).Select(room => room.Mixer?.Number ?? 0).ToHashSet();
            try
            {
                if (await mixer.SweepAsync(url, IsNobodys, token) is var count and > 0)
                {
                    Log.Swept(logger, count, url);
                }
            }
            catch (MixerLostException)
            {
                // It is not there now either.
            }

            // Twice in a row: one that was just made may not be on the board yet.
            bool IsNobodys(long number) => !known.Contains(number) && (_suspects.Contains(number) || !suspects.Add(number));
        }
        _suspects = suspects;
    }

    private async Task<Dictionary<string, int>> LoadAsync(CancellationToken token)
    {
        Dictionary<string, int> load = new(StringComparer.Ordinal);
        foreach (var room in await RoomsAsync(token))
        {
            if (room.Mixer is { } place)
            {
                load[place.Url] = load.GetValueOrDefault(place.Url) + room.Participants.Length;
            }
        }
        return load;
    }

    private async Task<List<Room>> RoomsAsync(CancellationToken token)
    {
        List<Room> rooms = [];
        foreach (var id in await board.LiveAsync(token))
        {
            if (await board.FindAsync(id, token) is { } room)
            {
                rooms.Add(room);
            }
        }
        return rooms;
    }

    private void Tell(MixerPlace place, Func<CancellationToken, Task> tell) => _ = TellAsync(place, tell);

    private async Task TellAsync(MixerPlace place, Func<CancellationToken, Task> tell)
    {
        await Task.Yield();
        try
        {
            await tell(CancellationToken.None);
        }
        catch (Exception e)
        {
            // What is lost with the mixer needs no telling; what it keeps is swept up.
            Log.NotTold(logger, place.Url, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5020, LogLevel.Warning, "The mixer {Url} cannot take a room: {Reason}")]
        public static partial void NotOpened(ILogger logger, string url, string reason);

        [LoggerMessage(5021, LogLevel.Information, "The mixer {Url} could not be told of a change: {Reason}")]
        public static partial void NotTold(ILogger logger, string url, string reason);

        [LoggerMessage(5022, LogLevel.Information, "{Count} rooms that were left on the mixer {Url} are gone")]
        public static partial void Swept(ILogger logger, int count, string url);
    }
}
