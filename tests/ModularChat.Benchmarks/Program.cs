using ModularChat.Benchmarks;

return args switch
{
    ["log-layout", .. var rest] => LogLayouts.Run(rest),
    ["log-provider"] => LogProviders.Run(),
    ["log-postgresql", .. var rest] => await PostgreSqlBenchmark.RunAsync(rest),
    ["first-sync", var host, .. var rest] => await FirstSync.RunAsync(host, rest),
    ["log", .. var rest] when rest.Contains("redis") => await RedisBenchmark.RunAsync(rest),
    ["log", .. var rest] => await LogBenchmark.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/ModularChat.Benchmarks -- log [entries] [seconds a line] [--engine rocksdb|redis] | log-postgresql [entries] [seconds a cell] | log-layout [rows before] [seconds a cell] | log-provider | first-sync <ModularChat.Host.dll> [conversations] [messages in each]");
    return 2;
}
