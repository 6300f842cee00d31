using System.CommandLine;
using ModularChat.Cli.Admin;
using ModularChat.Cli.Replay;

var root = new RootCommand("Tools for a ModularChat server.") { ReplayCommand.Make(), AdminCommand.Make() };
return await root.Parse(args).InvokeAsync();
