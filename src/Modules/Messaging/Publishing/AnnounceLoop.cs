using MediatR;
using Microsoft.Extensions.Hosting;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Publishing;

/// <summary>Tells other nodes of each commit of this one.</summary>
internal sealed class AnnounceLoop(Announcements announcements, IMediator mediator) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var (runId, commit) in announcements.Reader.ReadAllAsync(stoppingToken))
        {
            await mediator.Publish(new CommitAnnounced(announcements.WriterId, runId, commit.Shard, commit.PreviousPosition, commit.Position, null), stoppingToken);
        }
    }
}
