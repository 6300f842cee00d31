using ModularChat.Contracts;
using ModularChat.Storage;

namespace ModularChat.Host.Roles;

/// <summary>
/// What this process has of the program: read before anything is added. All code is in every process; what its roles do not name is not registered, so it
/// opens no store, runs no loop and answers nothing.
/// </summary>
internal sealed class LoadedModules
{
    public const string Api = "api", Gateway = "gateway", Messaging = "Messaging", Identity = "Identity", Discovery = "Discovery";

    private const string All = "all", ContractsRoot = "ModularChat.Contracts.";

    private readonly HashSet<string> _roles;

    private LoadedModules(HashSet<string> roles) => _roles = roles;

    /// <summary>Whether everything is here: no request ever leaves the process.</summary>
    public bool IsAll => _roles.Contains(All);

    /// <summary>Whether the REST endpoints are here, those of modules too that are elsewhere.</summary>
    public bool HasApi => Has(Api);

    /// <summary>Whether live connections are.</summary>
    public bool HasGateway => Has(Gateway);

    /// <summary>As the registry shows them, in order.</summary>
    public string[] Roles => [.. _roles.Order(StringComparer.Ordinal)];

    /// <summary>The roles in words, for answers and logs.</summary>
    public string Text => string.Join(", ", Roles);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="StartupException">A role is not known.</exception>
    public static LoadedModules Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Cluster").Get<ClusterOptions>() ?? new ClusterOptions();
        HashSet<string> roles = new(options.Roles.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
        string[] known = [All, Api, Gateway, .. ModuleList.Modules.Select(m => RoleOf(m.Section)).Where(r => r != Api)];
        if (roles.FirstOrDefault(r => !known.Contains(r, StringComparer.Ordinal)) is { } unknown)
        {
            throw new StartupException($"Cluster:Roles has '{unknown}', but the roles there are: {string.Join(", ", known)}.");
        }
        if (roles.Contains(All))
        {
            roles = [All];
        }
        else if (roles.Contains(Gateway) && options.MessagingBesideGateway)
        {
            roles.Add(RoleOf(Messaging));
        }
        return new LoadedModules(roles);
    }

    /// <summary>The role that loads a module: its name, but Identity comes with the REST endpoints.</summary>
    public static string RoleOf(string module) => module == Identity ? Api : module.ToLowerInvariant();

    /// <summary>The module that answers a request or hears an event: the one whose folder of the contracts it is in. Null when it is no contract of a module.</summary>
    public static string? ModuleOf(Type contract) =>
        contract.Assembly == typeof(Caller).Assembly && contract.Namespace is { } name && name.StartsWith(ContractsRoot, StringComparison.Ordinal)
            ? name[ContractsRoot.Length..]
            : null;

    /// <summary>Whether a module is here. Discovery always is: with it a process knows the others.</summary>
    public bool Loads(string module) => module == Discovery || Has(RoleOf(module));

    /// <summary>Whether this class belongs to what is loaded, of those that lie in Host.</summary>
    public bool LoadsOfHost(Type type) =>
        HasGateway || type.Namespace?.StartsWith("ModularChat.Host.Gateway.Outbound", StringComparison.Ordinal) != true;

    /// <summary>Whether a role's endpoints are here.</summary>
    public bool Has(string role) => IsAll || _roles.Contains(role);
}
