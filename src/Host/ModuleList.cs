using System.Reflection;
using ModularChat.Discovery;
using ModularChat.Host.Gateway;
using ModularChat.Host.Operations;
using ModularChat.Identity;
using ModularChat.Messaging;
using ModularChat.Presence;
using ModularChat.Storage;

namespace ModularChat.Host;

/// <summary>What Host knows of a module: its options, and the two ways into it.</summary>
/// <param name="Section">The section of its settings; the module's name.</param>
/// <param name="Options">Its options class.</param>
/// <param name="Add">Registers it; gets the whole configuration.</param>
/// <param name="Map">Maps its endpoints on the group that it is handed.</param>
internal sealed record Module(string Section, Type Options, Action<IServiceCollection, IConfiguration> Add, Action<IEndpointRouteBuilder> Map);

/// <summary>The modules of this process, and every section that a setting may stand in.</summary>
internal static class ModuleList
{
    public static readonly IReadOnlyList<Module> Modules =
    [
        new("Identity", typeof(IdentityOptions), (services, configuration) => services.AddIdentity(configuration), routes => routes.MapIdentity()),
        new("Messaging", typeof(MessagingOptions), (services, configuration) => services.AddMessaging(configuration), routes => routes.MapMessaging()),
        new("Presence", typeof(PresenceOptions), (services, configuration) => services.AddPresence(configuration), routes => routes.MapPresence()),
        new("Discovery", typeof(DiscoveryOptions), (services, configuration) => services.AddDiscovery(configuration), routes => routes.MapDiscovery()),
    ];

    /// <summary>Section and options class of everything that is configured; a setting outside them is refused at start.</summary>
    public static readonly IReadOnlyList<(string Section, Type Options)> Sections =
    [
        ("Host", typeof(ServerOptions)),
        ("Gateway", typeof(GatewayOptions)),
        ("Storage", typeof(StorageOptions)),
        .. Modules.Select(m => (m.Section, m.Options)),
    ];

    /// <summary>Where handlers are looked for.</summary>
    public static Assembly[] HandlerAssemblies => [typeof(ModuleList).Assembly, .. Modules.Select(m => m.Options.Assembly)];
}
