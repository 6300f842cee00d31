using System.CommandLine;

namespace ModularChat.Cli;

/// <summary>Options that several commands share.</summary>
internal static class Options
{
    public static Option<Uri> Url() => new("--url")
    {
        Description = "The server.",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:5080"),
        CustomParser = parsed => Parse(parsed),
    };

    private static Uri? Parse(System.CommandLine.Parsing.ArgumentResult parsed)
    {
        var text = parsed.Tokens.Count == 1 ? parsed.Tokens[0].Value : "";
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https"))
        {
            return url;
        }
        parsed.AddError($"--url {text} is not an address like http://127.0.0.1:5080.");
        return null;
    }

    public static Option<string?> Key() => new("--key") { Description = "An application key; or use --key-file." };

    public static Option<string> KeyFile() => new("--key-file")
    {
        Description = "A file with an application key; a development server writes one into its data folder.",
        DefaultValueFactory = _ => Path.Combine("data", "development-key"),
    };

    public static string? ReadKey(string? key, string? file) =>
        key ?? (file is not null && File.Exists(file) ? File.ReadAllText(file).Trim() : null);
}
