using Microsoft.Extensions.Options;
using ModularChat.Discovery;

namespace ModularChat.Host.Roles;

/// <summary>What data annotations cannot say: a process that lacks modules has to reach those that have them, and to be reached.</summary>
internal sealed class ClusterCheck(LoadedModules loaded, IOptions<DiscoveryOptions> discovery) : IValidateOptions<ClusterOptions>
{
    private const int ShortestSecret = 32;

    public ValidateOptionsResult Validate(string? name, ClusterOptions options)
    {
        List<string> wrong = [];
        if (!loaded.IsAll && options.InternalUrl.Length == 0)
        {
            wrong.Add($"Cluster:Roles is '{loaded.Text}', and other nodes have the rest: Cluster:InternalUrl must say where they reach this one.");
        }
        if (!loaded.IsAll && discovery.Value.Registry == "inprocess")
        {
            wrong.Add($"Cluster:Roles is '{loaded.Text}', and other nodes have the rest: Discovery:Registry must be zookeeper or redis.");
        }
        if (options.InternalUrl.Length > 0 && options.Secret.Length < ShortestSecret)
        {
            wrong.Add($"Cluster:InternalUrl needs Cluster:Secret of at least {ShortestSecret} characters, the same on all nodes.");
        }
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
