using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Hearing;

namespace ModularChat.Messaging.Publishing;

/// <summary>Tells other nodes of each commit of this one, soon after it is on disk, and once a second how far the log is.</summary>
internal sealed partial class AnnounceLoop(
    Announcements announcements, Positions positions, RecentEvents recent, IMessageLog log, IMediator mediator, TimeProvider time, ILogger<AnnounceLoop> logger) : BackgroundService
{
    /// <summary>Content of one event; in JSON it takes a third more. What is larger is read from the store.</summary>
    private const int MostBytes = 128 * 1024;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>What comes so soon after a frame goes with the next one, because each wakes some threads of every node, whatever it holds. After a pause the first goes at once.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!log.IsShared)
        {
            return;
        }
        await Task.WhenAll(AnnounceAsync(stoppingToken), StateHeadsAsync(stoppingToken));
    }

    private async Task AnnounceAsync(CancellationToken token)
    {
        var commits = new List<AnnouncedCommit>();
        while (await announcements.Reader.WaitToReadAsync(token))
        {
            commits.Clear();
            var bytes = 0;
            while (bytes < MostBytes / 2 && announcements.Reader.TryRead(out var wrote))
            {
                var content = wrote.Commit is { } commit ? ContentOf(commit) : null;
                bytes += content?.Length ?? 0;
                commits.Add(new AnnouncedCommit(wrote.RunId, wrote.Shard, wrote.Previous, wrote.Position, content));
            }
            if (commits.Count > 0)
            {
                await mediator.Publish(new CommitsAnnounced(announcements.WriterId, [.. commits]), token);
                await Task.Delay(Gathering, time, token);
            }
        }
    }

    /// <summary>Null when it is too large to travel.</summary>
    private byte[]? ContentOf(Commit commit)
    {
        try
        {
            return CommitCodec.Write(commit) is { Length: <= MostBytes / 2 } content ? content : null;
        }
        catch (Exception e)
        {
            // The others read it from the store.
            Log.NotWritten(logger, e, commit.Shard, commit.Position);
            return null;
        }
    }

    private async Task StateHeadsAsync(CancellationToken token)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(token))
        {
            await mediator.Publish(new HeadsAnnounced(announcements.WriterId, log.Info.RunId, positions.Snapshot(), recent.IsFollowed), token);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2013, LogLevel.Error, "Position {Position} of shard {Shard} could not be written for other nodes; they read it from the store")]
        public static partial void NotWritten(ILogger logger, Exception failure, int shard, long position);
    }
}
