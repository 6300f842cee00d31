using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using ModularChat.Storage;

namespace ModularChat.Host.Operations;

/// <summary>
/// Looks at every setting before anything is built: a key that no options class has, or a value that does not fit, stops
/// the process with a sentence that names the key, the value and what is allowed.
/// </summary>
internal static class SettingsCheck
{
    /// <summary>Sections that belong to the framework and have keys of their own kind.</summary>
    private static readonly string[] Foreign = ["Logging"];
    private static readonly string[] Secret = ["Code", "ConnectionString", "Key", "Password", "Secret"];

    /// <summary>Refuses the start when anything is wrong.</summary>
    /// <exception cref="StartupException">One sentence a line for each wrong setting.</exception>
    public static void Run(IConfiguration configuration, IReadOnlyList<(string Section, Type Options)> sections)
    {
        var wrong = Find(configuration, sections).ToList();
        if (wrong.Count > 0)
        {
            throw new StartupException(string.Join(Environment.NewLine, wrong));
        }
    }

    /// <summary>Every key that an options class may have, with the property behind it.</summary>
    public static IEnumerable<(string Key, PropertyInfo Property)> Keys(string section, Type options)
    {
        foreach (var property in Settable(options))
        {
            var key = $"{section}:{property.Name}";
            if (IsNested(property.PropertyType))
            {
                foreach (var inner in Keys(key, property.PropertyType))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return (key, property);
            }
        }
    }

    private static IEnumerable<string> Find(IConfiguration configuration, IReadOnlyList<(string Section, Type Options)> sections)
    {
        foreach (var child in configuration.GetChildren())
        {
            var (section, options) = sections.FirstOrDefault(s => s.Section.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (options is null)
            {
                if (!Foreign.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                {
                    yield return Unknown(child, sections.Select(s => s.Section).Concat(Foreign), "sections");
                }
                continue;
            }
            foreach (var sentence in Section(child, section, Activator.CreateInstance(options)!))
            {
                yield return sentence;
            }
        }
    }

    /// <summary>Fills the fresh instance from the section, property by property, and says what does not fit.</summary>
    private static IEnumerable<string> Section(IConfigurationSection section, string path, object instance)
    {
        var properties = Settable(instance.GetType()).ToList();
        foreach (var child in section.GetChildren())
        {
            var property = properties.Find(p => p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                yield return Unknown(child, properties.Select(p => $"{path}:{p.Name}"), "settings");
                continue;
            }
            var key = $"{path}:{property.Name}";
            if (IsNested(property.PropertyType))
            {
                foreach (var sentence in Section(child, key, property.GetValue(instance)!))
                {
                    yield return sentence;
                }
            }
            else if (!IsList(property.PropertyType) && Value(child, key, property, instance) is { } sentence)
            {
                yield return sentence;
            }
        }
    }

    private static string? Value(IConfigurationSection setting, string key, PropertyInfo property, object instance)
    {
        if (setting.Value is not { } text)
        {
            return setting.GetChildren().Any() ? $"{key} has settings below it, but must be {Allowed(property)}." : null;
        }
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        object? value;
        try
        {
            // The binder takes a number for an enum too; a name says what was meant.
            value = type.IsEnum && !Enum.GetNames(type).Contains(text, StringComparer.OrdinalIgnoreCase)
                ? null
                : TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            value = null;
        }
        if (value is null)
        {
            return $"{key} is '{Shown(property, text)}', but must be {Allowed(property)}.";
        }
        property.SetValue(instance, value);
        var context = new ValidationContext(instance) { MemberName = property.Name };
        return Validator.TryValidateProperty(value, context, validationResults: null) ? null
            : $"{key} is '{Shown(property, text)}', but must be {Allowed(property)}.";
    }

    /// <summary>A secret does not go to the terminal or a log.</summary>
    private static string Shown(PropertyInfo property, string text) =>
        property.PropertyType == typeof(string) && Secret.Any(end => property.Name.EndsWith(end, StringComparison.Ordinal)) ? "***" : text;

    /// <summary>What a property may hold, in words after "must be".</summary>
    private static string Allowed(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Kind(type)} from {range.Minimum} to {range.Maximum}");
        }
        if (property.GetCustomAttribute<RegularExpressionAttribute>() is { ErrorMessage: { } rule })
        {
            return Rule(rule);
        }
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } values)
        {
            return List(values.Values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)!));
        }
        if (property.GetCustomAttribute<StringLengthAttribute>() is { } length)
        {
            return string.Create(CultureInfo.InvariantCulture, $"a text of {length.MinimumLength} to {length.MaximumLength} characters");
        }
        return type.IsEnum ? List(Enum.GetNames(type))
            : property.IsDefined(typeof(RequiredAttribute)) ? $"{Kind(type)} that is not empty"
            : Kind(type);
    }

    /// <summary>What follows "must be" in the rule's own sentence, where it is one.</summary>
    private static string Rule(string message)
    {
        var start = message.IndexOf("must be ", StringComparison.Ordinal);
        return (start < 0 ? message : message[(start + "must be ".Length)..]).TrimEnd('.');
    }

    private static string List(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count == 1 ? all[0] : string.Join(", ", all[..^1]) + " or " + all[^1];
    }

    private static string Kind(Type type) =>
        type == typeof(bool) ? "true or false"
        : type == typeof(string) ? "a text"
        : type == typeof(double) || type == typeof(decimal) || type == typeof(float) ? "a number"
        : type == typeof(TimeSpan) ? "a time span (d.hh:mm:ss)"
        : type == typeof(Uri) ? "a URL"
        : "a whole number";

    private static string Unknown(IConfigurationSection section, IEnumerable<string> known, string what)
    {
        // Under a mistyped key there may stand anything.
        var value = section.Value is not { } text || text.Contains("password", StringComparison.OrdinalIgnoreCase) || text.Contains("pwd", StringComparison.OrdinalIgnoreCase)
            ? ""
            : $" (value '{text}')";
        return $"{section.Path}{value} is not a setting of ModularChat; the {what} there are: {string.Join(", ", known)}.";
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite || IsNested(p.PropertyType));

    private static bool IsList(Type type) => type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type);

    private static bool IsNested(Type type) => type.IsClass && type != typeof(string) && type != typeof(Uri) && !IsList(type);
}
