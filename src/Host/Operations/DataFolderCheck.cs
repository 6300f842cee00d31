using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModularChat.Storage;

namespace ModularChat.Host.Operations;

/// <summary>Ready only while the data folder takes writes: a full disk shows here before a send finds it.</summary>
internal sealed class DataFolderCheck(DataFolder folder) : IHealthCheck
{
    private static readonly byte[] Probe = new byte[4096];

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var file = folder.File("health-probe");
        try
        {
            await File.WriteAllBytesAsync(file, Probe, cancellationToken);
            File.Delete(file);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy("The data folder does not take writes.", e);
        }
    }
}
