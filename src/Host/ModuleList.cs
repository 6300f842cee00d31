using System.Reflection;
using ModularChat.Calls;
using ModularChat.Discovery;
using ModularChat.Host.Backplane;
using ModularChat.Host.Gateway;
using ModularChat.Host.Operations;
using ModularChat.Host.Roles;
using ModularChat.Identity;
using ModularChat.Messaging;
using ModularChat.Notifications;
using ModularChat.Presence;
using ModularChat.Storage;

namespace ModularChat.Host;

/// <summary>What Host knows of a module: its options, and the two ways into it.</summary>
/// <param name="Section">The section of its settings; the module's name.</param>
/// <param name="Options">Its options class.</param>
/// <param name="Add">Registers it; gets the whole configuration.</param>
/// <param name="Map">Maps its endpoints on the group that it is handed.</param>
internal abstract record Module(string Section, Type Options, Action<IServiceCollection, IConfiguration> Add, Action<IEndpointRouteBuilder> Map)
{
    /// <summary>Registers its settings only, for a process that does not load it.</summary>
    public abstract void AddOptions(IServiceCollection services, IConfiguration configuration);
}

/// <summary>A module with its options class.</summary>
internal sealed record Module<TOptions>(string Section, Action<IServiceCollection, IConfiguration> Add, Action<IEndpointRouteBuilder> Map)
    : Module(Section, typeof(TOptions), Add, Map)
    where TOptions : class
{
    public override void AddOptions(IServiceCollection services, IConfiguration configuration) =>
        services.AddOptions<TOptions>().Bind(configuration.GetSection(Section)).ValidateDataAnnotations().ValidateOnStart();
}

/// <summary>The modules of the program, and every section that a setting may stand in. Which of them a process loads is up to its roles.</summary>
internal static class ModuleList
{
    public static readonly IReadOnlyList<Module> Modules =
    [
        new Module<IdentityOptions>("Identity", (services, configuration) => services.AddIdentity(configuration), routes => routes.MapIdentity()),
        new Module<MessagingOptions>("Messaging", (services, configuration) => services.AddMessaging(configuration), routes => routes.MapMessaging()),
        new Module<PresenceOptions>("Presence", (services, configuration) => services.AddPresence(configuration), routes => routes.MapPresence()),
        new Module<NotificationsOptions>("Notifications", (services, configuration) => services.AddNotifications(configuration), routes => routes.MapNotifications()),
        new Module<CallsOptions>("Calls", (services, configuration) => services.AddCalls(configuration), routes => routes.MapCalls()),
        new Module<DiscoveryOptions>("Discovery", (services, configuration) => services.AddDiscovery(configuration), routes => routes.MapDiscovery()),
    ];

    /// <summary>Section and options class of everything that is configured; a setting outside them is refused at start.</summary>
    public static readonly IReadOnlyList<(string Section, Type Options)> Sections =
    [
        ("Host", typeof(ServerOptions)),
        ("Gateway", typeof(GatewayOptions)),
        ("Backplane", typeof(BackplaneOptions)),
        ("Storage", typeof(StorageOptions)),
        ("Cluster", typeof(ClusterOptions)),
        .. Modules.Select(m => (m.Section, m.Options)),
    ];

    /// <summary>Where handlers are looked for.</summary>
    public static Assembly[] HandlerAssemblies(LoadedModules loaded) =>
        [typeof(ModuleList).Assembly, .. Modules.Where(m => loaded.Loads(m.Section)).Select(m => m.Options.Assembly)];
}
