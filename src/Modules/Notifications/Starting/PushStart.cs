using Microsoft.Extensions.Hosting;
using ModularChat.Notifications.Keys;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Starting;

/// <summary>Before the first request: tables and keys.</summary>
internal sealed class PushStart(PushStore store, ServerKeys keys) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await store.OpenAsync(cancellationToken);
        await keys.GetAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        store.Database.Close();
        return Task.CompletedTask;
    }
}
