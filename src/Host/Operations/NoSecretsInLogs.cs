namespace ModularChat.Host.Operations;

/// <summary>
/// Categories of the framework that write whole request targets below Warning: in the query of the hub stands a session
/// token. Whatever the settings say, for whichever provider, these stay at Warning.
/// </summary>
internal static class NoSecretsInLogs
{
    private static readonly string[] Categories =
    [
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        "Microsoft.AspNetCore.Server.Kestrel.BadRequests",
    ];

    public static void Apply(LoggerFilterOptions options)
    {
        // The rules for one provider go before those for all.
        var providers = options.Rules.Select(rule => rule.ProviderName).Append(null).Distinct(StringComparer.Ordinal).ToList();
        foreach (var category in Categories)
        {
            foreach (var rule in options.Rules.Where(rule => rule.CategoryName?.StartsWith(category, StringComparison.OrdinalIgnoreCase) == true).ToList())
            {
                options.Rules.Remove(rule);
            }
            foreach (var provider in providers)
            {
                options.Rules.Add(new LoggerFilterRule(provider, category, LogLevel.Warning, filter: null));
            }
        }
    }
}
