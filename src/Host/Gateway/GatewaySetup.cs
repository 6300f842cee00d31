using ModularChat.Contracts;
using ModularChat.Host.Gateway.Draining;
using ModularChat.Host.Gateway.Hub;
using ModularChat.Host.Gateway.Inbound;
using ModularChat.Host.Gateway.Outbound;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Gateway;

/// <summary>Puts the live edges into the process.</summary>
internal static class GatewaySetup
{
    public static IServiceCollection AddGateway(this IServiceCollection services, IConfiguration configuration, LoadedModules loaded)
    {
        services.AddOptions<GatewayOptions>()
            .Bind(configuration.GetSection("Gateway"))
            .ValidateDataAnnotations()
            .Validate(o => o.OfflineAfterSeconds > o.HeartbeatSeconds, "Gateway:OfflineAfterSeconds must be more than Gateway:HeartbeatSeconds.")
            .ValidateOnStart();
        // Every process drains and tells its load; a poll comes to where REST is.
        services.AddSingleton<ConnectionTable>();
        services.AddSingleton(new Node(Ids.New()));
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddSingleton<DrainingLifetime>();
        services.AddSingleton<IHostLifetime>(provider => provider.GetRequiredService<DrainingLifetime>());
        return loaded.HasGateway ? services.AddConnections() : services;
    }

    private static IServiceCollection AddConnections(this IServiceCollection services)
    {
        services.AddSingleton<LiveSessions>();
        services.AddSingleton<DeliveredPositions>();
        services.AddSingleton<Opening>();
        services.AddSingleton<FrameRouter>();
        services.AddSingleton<ConnectionLife>();
        services.AddSingleton<Attendance>();
        services.AddHostedService(provider => provider.GetRequiredService<Attendance>());
        services.AddSingleton<WaitingRoom>();
        services.AddSingleton<Greeting>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<EventStreamEndpoint>();
        services.AddHub();
        services.AddSingleton<CursorTicker>();
        services.AddHostedService(provider => provider.GetRequiredService<CursorTicker>());
        services.AddHostedService<IdleSweeper>();
        return services;
    }

    public static void MapGateway(this IEndpointRouteBuilder routes)
    {
        // Anonymous, because the credentials may come in the first frame.
        routes.Map("/ws", (HttpContext context, WebSocketEndpoint endpoint) => endpoint.HandleAsync(context)).AllowAnonymous();
        routes.MapGet("/events", (HttpContext context, EventStreamEndpoint endpoint) => endpoint.HandleAsync(context));
    }
}
