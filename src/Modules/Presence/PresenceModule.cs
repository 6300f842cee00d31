using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Presence.Connections;
using ModularChat.Presence.Endpoints;
using ModularChat.Presence.Typing;

namespace ModularChat.Presence;

/// <summary>Where people are: their live connections, and who types.</summary>
public static class PresenceModule
{
    /// <summary>Adds the module with its settings from the section <c>Presence</c>.</summary>
    public static IServiceCollection AddPresence(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PresenceOptions>().Bind(configuration.GetSection("Presence")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<LeaseTable>();
        services.AddSingleton<TypingRate>();
        return services;
    }

    /// <summary>Maps the module's endpoints.</summary>
    public static void MapPresence(this IEndpointRouteBuilder routes) => TypingApi.Map(routes);
}
