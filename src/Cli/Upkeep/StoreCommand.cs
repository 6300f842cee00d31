using System.CommandLine;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Upkeep;
using ModularChat.Storage;

namespace ModularChat.Cli.Upkeep;

/// <summary><c>chat store</c>: the message log itself.</summary>
internal static class StoreCommand
{
    public static Command Make()
    {
        var top = new Option<int>("--top") { Description = "How many of the largest conversations to name.", DefaultValueFactory = _ => 10 };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tell which shards would move." };
        return new Command("store", "Copies, checks and moves the message log.")
        {
            MakeCopy(),
            Ordered("verify", "Reads every row and says what is wrong; exit code 1 when something is.", "store verify"),
            Ordered("stats", "Says how much the log holds, and which conversations hold the most.", "store stats", top),
            Ordered("rebalance", "Moves shards to the databases where they belong, while people write.", "store rebalance", dryRun),
            MakeNewRun(),
        };
    }

    public static Command MakeRetention() => Ordered(
        "retention", "Takes away what the settings (Messaging:Retention) no longer keep, without waiting for the hourly sweep.", "retention",
        new Option<bool>("--dry-run") { Description = "Only count." });

    public static Command MakeUser() => new("user", "What a server knows of one user; on a running server.")
    {
        Ordered("export", "Prints all of a user's data as one JSON document.", "user export", new Argument<string>("name") { Description = "The user's name." }),
        Ordered("erase", "Empties all messages of a user and takes the account away. There is no way back.", "user erase", new Argument<string>("name") { Description = "The user's name." }),
    };

    /// <summary>A command that goes to the running server, or works on the folder when none runs.</summary>
    public static Command Ordered(string name, string description, string order, params Symbol[] symbols)
    {
        var settings = Settings();
        var command = new Command(name, description) { settings };
        foreach (var symbol in symbols)
        {
            (symbol is Argument argument ? (Action)(() => command.Add(argument)) : () => command.Add((Option)symbol))();
        }
        command.SetAction((parsed, token) => RunAsync(output =>
            UpkeepRun.RunAsync(new UpkeepOrder(order, Arguments(parsed, symbols)), parsed.GetValue(settings) ?? [], output, token)));
        return command;
    }

    /// <summary>Settings of the server, as on its own command line.</summary>
    public static Option<string[]> Settings() => new("--set")
    {
        Description = "A setting of the server, like Storage:Directory=data; may be given again. Others come from appsettings.json and the environment, as for the server.",
        CustomParser = parsed => [.. parsed.Tokens.Select(t => "--" + t.Value)],
        AllowMultipleArgumentsPerToken = false,
    };

    public static async Task<int> RunAsync(Func<IUpkeepOutput, Task<int>> run)
    {
        try
        {
            return await TerminalOutput.RunAsync(run);
        }
        catch (Exception e) when (e is StartupException or ChatException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private static Dictionary<string, string> Arguments(ParseResult parsed, Symbol[] symbols)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var symbol in symbols)
        {
            var value = symbol switch
            {
                Option<bool> flag => parsed.GetValue(flag) ? "true" : null,
                Option<int> number => parsed.GetValue(number).ToString(System.Globalization.CultureInfo.InvariantCulture),
                Option<string?> text => parsed.GetValue(text),
                Argument<DirectoryInfo> folder => parsed.GetValue(folder)?.FullName,
                Argument<string> text => parsed.GetValue(text),
                _ => throw new InvalidOperationException($"{symbol.Name} is of a type that is not sent."),
            };
            if (value is not null)
            {
                arguments[symbol.Name.TrimStart('-')] = value;
            }
        }
        return arguments;
    }

    private static Command MakeCopy()
    {
        var (from, to, settings) = (Place("--from"), Place("--to"), Settings());
        var command = new Command("copy", "Copies the whole log into other databases, of any engine; goes on where it was broken off.") { from, to, settings };
        command.SetAction((parsed, token) => RunAsync(output =>
            UpkeepRun.CopyAsync(Parse(parsed.GetValue(from)!), Parse(parsed.GetValue(to)!), parsed.GetValue(settings) ?? [], output, token)));
        return command;
    }

    private static Command MakeNewRun()
    {
        var settings = Settings();
        var command = new Command("new-run", "Has clients that saw more than the log now holds begin anew; after it was put back by other means than chat restore.") { settings };
        command.SetAction((parsed, token) => RunAsync(output => UpkeepRun.NewRunAsync(parsed.GetValue(settings) ?? [], output, token)));
        return command;
    }

    private static Option<string[]> Place(string name) => new(name)
    {
        Description = "ENGINE or ENGINE:DATABASE, like sqlite:messages.db or postgresql:Host=...; again for each further database of one log.",
        Required = true,
        AllowMultipleArgumentsPerToken = false,
    };

    private static LogPlace Parse(string[] places)
    {
        var parts = places.Select(p => p.Split(':', 2)).ToList();
        var engines = parts.Select(p => p[0]).Distinct(StringComparer.Ordinal).ToList();
        return engines is [var engine]
            ? new LogPlace(engine, [.. parts.Where(p => p.Length == 2).Select(p => p[1])])
            : throw new StartupException("All databases of one log are of one engine.");
    }
}
