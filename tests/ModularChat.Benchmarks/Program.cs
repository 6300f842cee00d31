using ModularChat.Benchmarks;

return args switch
{
    ["log-layout", .. var rest] => LogLayouts.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/ModularChat.Benchmarks -- log-layout [rows before] [seconds a cell]");
    return 2;
}
