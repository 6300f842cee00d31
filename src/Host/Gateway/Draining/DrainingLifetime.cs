using System.Runtime.InteropServices;

namespace ModularChat.Host.Gateway.Draining;

/// <summary>
/// Waits for a signal, and then drains before it says that the process stops: SignalR and others end their connections at that very moment, so that
/// clients would neither hear why nor be spread over time.
/// </summary>
internal sealed partial class DrainingLifetime(IServiceProvider services, IHostApplicationLifetime lifetime, ILogger<DrainingLifetime> logger) : IHostLifetime, IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM];
    private readonly List<PosixSignalRegistration> _registered = [];
    private int _begun;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in Signals)
        {
            _registered.Add(PosixSignalRegistration.Create(signal, context =>
            {
                // Not at once, as it would by itself.
                context.Cancel = true;
                Begin();
            }));
        }
        return Task.CompletedTask;
    }

    /// <summary>Drains and then stops the process; once, whoever asks.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
        {
            _ = EndAsync();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registered.ForEach(registered => registered.Dispose());

    private async Task EndAsync()
    {
        // A signal handler must not be held up.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await services.GetRequiredService<Drain>().StoppingAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            Log.Failed(logger, e);
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3042, LogLevel.Error, "Draining failed; the process stops all the same")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
