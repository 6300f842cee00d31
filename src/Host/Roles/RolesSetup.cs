using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Gateway;
using ModularChat.Host.Gateway.Hub;
using ModularChat.Host.Operations;

namespace ModularChat.Host.Roles;

/// <summary>Adds and maps what the roles of this process name.</summary>
internal static class RolesSetup
{
    /// <summary>Adds the modules of the roles; of the others only their settings, which endpoints and limits read.</summary>
    public static void AddModules(this IServiceCollection services, IConfiguration configuration, LoadedModules loaded)
    {
        services.AddOptions<ClusterOptions>().Bind(configuration.GetSection("Cluster")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(loaded);
        services.AddSingleton(new NodeRoles(loaded.Roles));
        foreach (var module in ModuleList.Modules)
        {
            if (loaded.Loads(module.Section))
            {
                module.Add(services, configuration);
            }
            else
            {
                module.AddOptions(services, configuration);
            }
        }
        var health = services.AddHealthChecks();
        if (loaded.Loads(LoadedModules.Messaging))
        {
            health.AddTypeActivatedCheck<AnswerCheck<int>>("messages", new PingMessages());
        }
        if (loaded.Loads(LoadedModules.Identity))
        {
            health.AddTypeActivatedCheck<AnswerCheck<int>>("accounts", new PingAccounts());
        }
        if (!loaded.IsAll)
        {
            health.AddCheck<ElsewhereCheck>("elsewhere");
        }
    }

    /// <summary>Maps the endpoints of the roles. Those of a module need nothing but the mediator, so they are where REST is, and not where the module is.</summary>
    public static void MapModules(this WebApplication app, IEndpointRouteBuilder api, LoadedModules loaded)
    {
        foreach (var module in ModuleList.Modules.Where(m => loaded.HasApi || (m.Section == LoadedModules.Discovery && loaded.Has(LoadedModules.RoleOf(m.Section)))))
        {
            module.Map(api);
        }
        if (loaded.HasGateway)
        {
            api.MapGateway();
            app.MapHub();
        }
        else
        {
            foreach (var path in new[] { "/api/v1/ws", "/api/v1/events", "/hubs/{**rest}" })
            {
                app.Map(path, void () => throw new ChatException(
                    ProblemCodes.NoSuchEndpoint, "This server holds no connections: GET /api/v1/discovery/server of the API says which one does.")).AllowAnonymous();
            }
        }
    }
}
