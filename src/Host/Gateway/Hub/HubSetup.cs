using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace ModularChat.Host.Gateway.Hub;

/// <summary>Puts the SignalR edge into the process.</summary>
internal static class HubSetup
{
    public static void AddHub(this IServiceCollection services)
    {
        services.AddSignalR();
        services.AddSingleton<HubLifetimeManager<ChatHub>, ChatHubLifetime>();
        services.AddSingleton<HubConnections>();
        services.AddOptions<HubOptions>().Configure<IOptions<GatewayOptions>>((hub, options) =>
        {
            var gateway = options.Value;
            hub.MaximumReceiveMessageSize = gateway.MaxFrameBytes;
            // Calls of one connection start in order, and wait side by side, as frames do.
            hub.MaximumParallelInvocationsPerClient = gateway.InFlightFrames;
            hub.KeepAliveInterval = TimeSpan.FromSeconds(gateway.HeartbeatSeconds);
            hub.ClientTimeoutInterval = TimeSpan.FromSeconds(gateway.OfflineAfterSeconds);
            hub.HandshakeTimeout = TimeSpan.FromSeconds(gateway.HelloSeconds);
            hub.EnableDetailedErrors = false;
            hub.DisableImplicitFromServicesParameters = true;
        });
    }

    /// <summary>Outside <c>/api/v1</c>: SignalR has a protocol and versions of its own.</summary>
    public static void MapHub(this IEndpointRouteBuilder routes) =>
        routes.MapHub<ChatHub>("/hubs/chat", options =>
            options.Transports = HttpTransportType.WebSockets | HttpTransportType.ServerSentEvents | HttpTransportType.LongPolling);
}
