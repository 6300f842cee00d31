using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery.Choosing;
using ModularChat.Discovery.Draining;
using ModularChat.Discovery.Endpoints;
using ModularChat.Discovery.Nodes;
using ModularChat.Discovery.Registry;
using ModularChat.Discovery.Storage.InProcess;
using ModularChat.Discovery.Storage.Redis;
using ModularChat.Discovery.Storage.ZooKeeper;

namespace ModularChat.Discovery;

/// <summary>Which node: the registry of nodes, and the chat server that suits a caller.</summary>
public static class DiscoveryModule
{
    /// <summary>Adds the module with its settings from the section <c>Discovery</c>.</summary>
    public static IServiceCollection AddDiscovery(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DiscoveryOptions>().Bind(configuration.GetSection("Discovery")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<DiscoveryOptions>, DiscoveryCheck>();
        services.AddSingleton<Geography>();
        services.TryAddSingleton(new NodeRoles(["all"]));
        services.AddSingleton<ThisNode>();
        services.AddSingleton<NodeTable>();
        services.AddSingleton<CallerPlaces>();
        services.AddSingleton<AnswerRate>();
        services.AddSingleton(provider => new Chooser(
            provider.GetRequiredService<NodeTable>(), provider.GetRequiredService<Geography>(), provider.GetRequiredService<IOptions<DiscoveryOptions>>(),
            provider.GetRequiredService<TimeProvider>(), Random.Shared));
        services.AddSingleton<INodeRegistry>(provider => provider.GetRequiredService<IOptions<DiscoveryOptions>>().Value.Registry switch
        {
            "zookeeper" => ActivatorUtilities.CreateInstance<ZooKeeperRegistry>(provider),
            "redis" => ActivatorUtilities.CreateInstance<RedisRegistry>(provider),
            _ => new InProcessRegistry(),
        });
        services.AddSingleton<KnownNodes>();
        services.AddSingleton<RegistryState>();
        services.AddSingleton<Wake>();
        services.AddSingleton<DrainWishes>();
        services.AddHostedService<RegistryLoop>();
        services.AddHealthChecks().AddCheck<RegistryCheck>("registry");
        return services;
    }

    /// <summary>Maps the module's endpoints.</summary>
    public static void MapDiscovery(this IEndpointRouteBuilder routes) => DiscoveryApi.Map(routes);
}
