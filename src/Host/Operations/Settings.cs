using ModularChat.Storage;

namespace ModularChat.Host.Operations;

/// <summary>Where settings come from; the later ones win: appsettings.json beside the program, environment, command line.</summary>
internal static class Settings
{
    public const string EnvironmentPrefix = "ModularChat__";

    public static void UseSettings(this ConfigurationManager configuration, IEnumerable<string> args)
    {
        // Nothing else may slip in: a variable that is not ours must not change the server.
        configuration.Sources.Clear();
        configuration
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false)
            .AddEnvironmentVariables(EnvironmentPrefix)
            .AddInMemoryCollection(args.Select(Parse).GroupBy(a => a.Key, StringComparer.OrdinalIgnoreCase).Select(same => same.Last()));
    }

    private static KeyValuePair<string, string?> Parse(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        return argument.StartsWith("--", StringComparison.Ordinal) && equals > 2
            ? new KeyValuePair<string, string?>(argument[2..equals], argument[(equals + 1)..])
            : throw new StartupException($"The argument '{argument}' is not known: allowed are --check-config, --health or --write-docs FOLDER as the first, and --Section:Key=value.");
    }
}
