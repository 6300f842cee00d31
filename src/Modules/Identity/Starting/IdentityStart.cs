using Microsoft.Extensions.Hosting;
using ModularChat.Identity.Accounts;
using ModularChat.Identity.Applications;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Starting;

/// <summary>Before the first request: tables, the code for the first administrator, a key for tools.</summary>
internal sealed class IdentityStart(SchemaOpener schema, SetUp setUp, DevelopmentKey developmentKey) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await schema.OpenAsync(cancellationToken);
        await developmentKey.WriteAsync(cancellationToken);
        if (await setUp.NewCodeAsync(cancellationToken) is { } code)
        {
            // To the terminal and not to the log, which is kept and sent elsewhere.
            await Console.Out.WriteLineAsync(
                $"There is no administrator yet. Register from this machine, or from another one with the setup code {code}".AsMemory(), cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        schema.Close();
        return Task.CompletedTask;
    }
}
