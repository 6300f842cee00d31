using System.Globalization;
using System.Reflection;

namespace ModularChat.ArchitectureTests.Rules;

/// <summary>The settings file documents every setting with its default, and nothing else.</summary>
internal static class SettingsRules
{
    /// <summary>Keys that are unknown, missing, or given another value than the default.</summary>
    /// <param name="file">Key and value of every leaf in the file.</param>
    /// <param name="keys">Every key that can be set, with its property.</param>
    public static IEnumerable<string> Violations(IReadOnlyDictionary<string, string?> file, IReadOnlyCollection<(string Key, PropertyInfo Property)> keys)
    {
        foreach (var unknown in file.Keys.Except(keys.Select(k => k.Key), StringComparer.Ordinal))
        {
            yield return $"appsettings.json has {unknown}, which binds to nothing.";
        }
        foreach (var (key, property) in keys)
        {
            if (!file.TryGetValue(key, out var value))
            {
                yield return $"appsettings.json lacks {key}.";
                continue;
            }
            var standard = property.GetValue(Activator.CreateInstance(property.DeclaringType!)) switch
            {
                IEnumerable<string> list => string.Join(',', list),
                var one => Convert.ToString(one, CultureInfo.InvariantCulture) ?? "",
            };
            if (!standard.Equals(value ?? "", StringComparison.OrdinalIgnoreCase))
            {
                yield return $"appsettings.json gives {key} as '{value}', but its default is '{standard}'.";
            }
        }
    }
}
