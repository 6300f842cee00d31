using Microsoft.Extensions.Options;

namespace ModularChat.Host.Gateway.Outbound;

/// <summary>Closes connections whose client has gone silent; a half-open socket is noticed here, not by TCP.</summary>
internal sealed class IdleSweeper(ConnectionTable table, IOptions<GatewayOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Sweep();
        }
    }

    internal void Sweep()
    {
        var limit = TimeSpan.FromSeconds(options.Value.OfflineAfterSeconds);
        foreach (var connection in table.All())
        {
            if (time.GetElapsedTime(connection.LastSeen) > limit)
            {
                connection.Close(CloseReason.NoHeartbeat);
            }
        }
    }
}
