using ModularChat.Storage;

namespace ModularChat.Host.Operations;

/// <summary><c>--health</c>: asks the server that runs with the same settings whether it is ready, for machines without curl.</summary>
internal static class HealthProbe
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);

    /// <summary>0: ready; 1: not, and stderr says why.</summary>
    public static async Task<int> RunAsync(IEnumerable<string> args, CancellationToken token)
    {
        var configuration = new ConfigurationManager();
        configuration.UseSettings(args);
        SettingsCheck.Run(configuration, ModuleList.Sections);
        var options = new ServerOptions();
        configuration.GetSection("Host").Bind(options);

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Longest };
        try
        {
            using var answer = await http.GetAsync(Address(options.Url), token);
            var text = await answer.Content.ReadAsStringAsync(token);
            await (answer.IsSuccessStatusCode ? Console.Out : Console.Error).WriteLineAsync(text);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            throw new StartupException($"{options.Url} does not answer: {e.Message}", e);
        }
    }

    /// <summary>Where a listener on all addresses is reached from this machine.</summary>
    private static Uri Address(string url) =>
        new(url.Replace("//*", "//127.0.0.1", StringComparison.Ordinal).Replace("//0.0.0.0", "//127.0.0.1", StringComparison.Ordinal).Replace("//[::]", "//[::1]", StringComparison.Ordinal).TrimEnd('/') + "/health/ready");
}
