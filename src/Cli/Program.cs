using System.CommandLine;
using ModularChat.Cli.Replay;

var root = new RootCommand("Tools for a ModularChat server.") { ReplayCommand.Make() };
return await root.Parse(args).InvokeAsync();
