using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ModularChat.Host.Backplane.InProcess;
using ModularChat.Host.Backplane.Redis;

namespace ModularChat.Host.Backplane;

/// <summary>Puts the backplane into the process.</summary>
internal static class BackplaneModule
{
    public static void AddBackplane(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<BackplaneOptions>().Bind(configuration.GetSection("Backplane")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IBackplane>(provider => provider.GetRequiredService<IOptions<BackplaneOptions>>().Value.Engine == "redis"
            ? ActivatorUtilities.CreateInstance<RedisBackplane>(provider)
            : new InProcessBackplane());
        services.AddSingleton<EventTypes>();
        services.AddSingleton<IStaysHere, WatchersHere>();
        services.AddSingleton<ClusterEvents>();
        services.AddSingleton<IEventSender>(provider => provider.GetRequiredService<ClusterEvents>());
        services.AddHostedService(provider => provider.GetRequiredService<ClusterEvents>());
        services.AddHealthChecks().AddCheck<BackplaneCheck>("backplane");
    }

    /// <summary>Never red: without it a node serves, only later.</summary>
    private sealed class BackplaneCheck(IBackplane backplane) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(HealthCheckResult.Healthy(backplane.Describe()));
    }
}
