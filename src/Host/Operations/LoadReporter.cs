using MediatR;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery;
using ModularChat.Host.Dispatch.Remote;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Operations;

/// <summary>Tells Discovery every second how this process does, from the moment it listens.</summary>
internal sealed partial class LoadReporter(
    IMediator mediator, ConnectionTable connections, InternalListener listener, HealthCheckService health, IOptions<DiscoveryOptions> discovery,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<LoadReporter> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1), HealthPeriod = TimeSpan.FromSeconds(5), HealthTimeout = TimeSpan.FromSeconds(4);

    private TimeSpan _usedBefore;
    private long _measuredAt, _checkedAt;
    private bool _isHealthy = true;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var started = lifetime.ApplicationStarted.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), listening);
        await listening.Task.WaitAsync(stoppingToken);
        (_measuredAt, _usedBefore) = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await ReportAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task ReportAsync(CancellationToken token)
    {
        // Alone there is nobody to send clients to instead, and the checks write to the disk.
        if (discovery.Value.Registry == "inprocess")
        {
            _isHealthy = true;
        }
        else if (_checkedAt == 0 || time.GetElapsedTime(_checkedAt) >= HealthPeriod)
        {
            _checkedAt = time.GetTimestamp();
            _isHealthy = await IsHealthyAsync(token);
        }
        var queue = (int)Math.Min(int.MaxValue, ThreadPool.PendingWorkItemCount);
        await mediator.Send(new ReportLoad(connections.Count, Cpu(), queue, _isHealthy, ProgramVersion.Text, listener.Address), token);
    }

    private double Cpu()
    {
        var (now, used) = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var elapsed = time.GetElapsedTime(_measuredAt, now);
        var share = elapsed > TimeSpan.Zero ? (used - _usedBefore) / elapsed / Environment.ProcessorCount : 0;
        (_measuredAt, _usedBefore) = (now, used);
        return Math.Round(Math.Clamp(share, 0, 1), 2);
    }

    /// <summary>A check that does not end is no better than one that fails.</summary>
    private async Task<bool> IsHealthyAsync(CancellationToken token)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(token);
        timeout.CancelAfter(HealthTimeout);
        try
        {
            return (await health.CheckHealthAsync(timeout.Token)).Status != HealthStatus.Unhealthy;
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Error, "Reporting the load failed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
