using Microsoft.AspNetCore.SignalR;

namespace ModularChat.Host.Gateway.Hub;

/// <summary>
/// The one place where the framework shows the connection itself, to which bytes made before can be written. Groups and
/// broadcasts of the framework are not used: who gets what is the gateway's table.
/// </summary>
internal sealed class ChatHubLifetime(ILogger<DefaultHubLifetimeManager<ChatHub>> logger) : DefaultHubLifetimeManager<ChatHub>(logger)
{
    public override Task OnConnectedAsync(HubConnectionContext connection)
    {
        connection.Items[typeof(HubConnectionContext)] = connection;
        return base.OnConnectedAsync(connection);
    }

    public static HubConnectionContext Of(HubCallerContext context) => (HubConnectionContext)context.Items[typeof(HubConnectionContext)]!;
}
