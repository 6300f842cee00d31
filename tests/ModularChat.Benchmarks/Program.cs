using ModularChat.Benchmarks;
using ModularChat.Benchmarks.Cluster;

return args switch
{
    ["log", .. var rest] => await LogBenchmark.RunAsync(rest),
    ["log-layout", .. var rest] => LogLayouts.Run(rest),
    ["log-provider"] => LogProviders.Run(),
    ["first-sync", var host, .. var rest] => await FirstSync.RunAsync(host, rest),
    ["push", var host, .. var rest] => await PushBenchmark.RunAsync(host, rest),
    ["push-waiting", var host, .. var rest] => await PushBenchmark.RunWaitingAsync(host, rest),
    [CountingService.Name] => await CountingService.RunAsync(),
    ["cluster", var host, .. var rest] => await ClusterBenchmark.RunAsync(host, rest),
    ["paced-relay", var chat, .. var rest] => await PacedRelay.RunAsync(chat, rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine($"usage: dotnet run -c Release --project tests/ModularChat.Benchmarks -- {LogSettings.Usage} | log-layout [rows before] [seconds a cell] | log-provider | first-sync <ModularChat.Host.dll> [conversations] [messages in each] | push <ModularChat.Host.dll> [pushes] [messages a second] [settings of the server] | push-waiting <ModularChat.Host.dll> [pushes] [messages a second] | cluster <ModularChat.Host.dll> [postgresql|redis] [seconds] [pairs] [clients] [messages a second] [most nodes] [fewest nodes] | paced-relay <chat.dll> [pairs] [seconds] [messages a second ...]");
    return 2;
}
