using Microsoft.Extensions.Hosting;
using ModularChat.Contracts;
using ModularChat.Messaging.Reading;
using ModularChat.Messaging.Receipts;
using ModularChat.Messaging.Storage.Placing;

namespace ModularChat.Messaging.Publishing;

/// <summary>Opens the log before the server takes requests, and closes it after the last one.</summary>
internal sealed class LogStart(ConfiguredLog configured, CommitPublisher publisher, Positions positions, OpenedLog opened, MarkWindows windows, Waiters waiters) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var log = await configured.OpenAsync(publisher, Ids.New(), cancellationToken);
        positions.Reset(await log.GetPositionsAsync(cancellationToken));
        opened.Use(log);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Requests that wait, for news or for their mark, are answered before the web server waits for them.
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        waiters.Stop();
        return windows.StopAsync().WaitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await opened.DisposeAsync();
}
