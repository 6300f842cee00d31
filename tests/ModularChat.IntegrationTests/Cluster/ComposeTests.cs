using System.Text.RegularExpressions;
using ModularChat.Host;
using ModularChat.Host.Roles;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Cluster;

/// <summary>What can be said of compose.yaml without containers: every node takes its settings, and the files fit each other.</summary>
public sealed partial class ComposeTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "deployment");
    private static readonly Dictionary<string, object> Compose = PlainYaml.Read(Path.Combine(Folder, "compose.yaml"));

    private static Dictionary<string, object> Services => (Dictionary<string, object>)Compose["services"];

    private static IEnumerable<string> Nodes => Services.Keys.Where(name => name.StartsWith("node-", StringComparison.Ordinal));

    [Fact]
    public async Task Every_node_of_the_compose_file_takes_its_settings()
    {
        foreach (var name in Nodes)
        {
            var environment = Map(name, "environment").Select(setting => (setting.Key, Secret().Replace((string)setting.Value, "a-secret-of-more-than-32-characters"))).ToArray();
            var (exit, output, error) = await ServerProcess.RunAsync(["--check-config"], environment);
            exit.ShouldBe(0, $"{name}: {error}{output}");
        }
        // And a setting that is none is refused: the check looks at them at all.
        (await ServerProcess.RunAsync(["--check-config"], ("ModularChat__Cluster__Rolls", "api"))).Exit.ShouldBe(1);
    }

    [Fact]
    public void The_nodes_are_told_apart_and_clients_reach_each_gateway_by_a_port_of_its_own()
    {
        var ids = Nodes.Select(name => (string)Map(name, "environment")["ModularChat__Discovery__Node__Id"]).ToArray();
        ids.ShouldBeUnique();
        var gateways = Nodes.Where(name => ((string)Map(name, "environment")["ModularChat__Cluster__Roles"]).Contains("gateway", StringComparison.Ordinal)).ToArray();
        gateways.Select(name => Map(name, "environment")["ModularChat__Discovery__Node__Region"]).ShouldBeUnique();
        foreach (var name in gateways)
        {
            var port = new Uri((string)Map(name, "environment")["ModularChat__Discovery__Node__PublicUrl"]).Port;
            List(name, "ports").ShouldBe([string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{port}:8080")]);
        }
    }

    [Fact]
    public void Every_module_is_on_some_node()
    {
        var roles = Nodes.SelectMany(name => ((string)Map(name, "environment")["ModularChat__Cluster__Roles"]).Split(',')).ToHashSet(StringComparer.Ordinal);

        ModuleList.Modules.Select(module => LoadedModules.RoleOf(module.Section)).Where(role => !roles.Contains(role)).ShouldBeEmpty();
    }

    [Fact]
    public void The_proxies_name_nodes_that_there_are_and_every_file_that_is_mounted_is_there()
    {
        foreach (var file in (string[])["nginx.conf", "haproxy.cfg"])
        {
            var named = NamedNode().Matches(File.ReadAllText(Path.Combine(Folder, "deploy", file))).Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal).ToArray();
            named.ShouldNotBeEmpty();
            named.ShouldBeSubsetOf(Services.Keys, file);
        }
        var mounted = Services.Values.OfType<Dictionary<string, object>>().Where(service => service.ContainsKey("volumes")).SelectMany(service => (List<string>)service["volumes"])
            .Where(volume => volume.StartsWith("./", StringComparison.Ordinal)).Select(volume => volume.Split(':')[0]).ToArray();
        mounted.Length.ShouldBe(3);
        mounted.ShouldAllBe(file => File.Exists(Path.Combine(Folder, file)));
        foreach (var waits in Services.Values.OfType<Dictionary<string, object>>().Where(service => service.ContainsKey("depends_on")))
        {
            (waits["depends_on"] is List<string> list ? list : [.. ((Dictionary<string, object>)waits["depends_on"]).Keys]).ShouldBeSubsetOf(Services.Keys);
        }
    }

    private static Dictionary<string, object> Map(string service, string key) => (Dictionary<string, object>)((Dictionary<string, object>)Services[service])[key];

    private static List<string> List(string service, string key) => (List<string>)((Dictionary<string, object>)Services[service])[key];

    [GeneratedRegex(@"\$\{CHAT_SECRET(:\?[^}]*)?\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Secret();

    [GeneratedRegex(@"^ *server (node-\S+ )?(?<name>node-[a-z0-9-]+):8080", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamedNode();
}
