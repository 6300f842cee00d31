using System.CommandLine;
using ModularChat.Cli.Admin;
using ModularChat.Cli.Bench;
using ModularChat.Cli.Discovery;
using ModularChat.Cli.Prove;
using ModularChat.Cli.Replay;
using ModularChat.Cli.Upkeep;
using ModularChat.Cli.Voice;

namespace ModularChat.Cli;

/// <summary>The <c>chat</c> tool.</summary>
internal static class Tool
{
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Tools for a ModularChat server.") { ReplayCommand.Make(), BenchCommand.Make(), BenchRelay.Make(), AdminCommand.Make(), DiscoverCommand.Make(), DrainCommand.Make(), ProveCommand.Make(), StoreCommand.Make(), BackupCommand.Make(), BackupCommand.MakeRestore(), StoreCommand.MakeRetention(), StoreCommand.MakeUser(), PushCommand.Make(), VoiceCommand.Make() };
        return await root.Parse(args).InvokeAsync();
    }
}
