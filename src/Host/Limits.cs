using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Host.Operations;

namespace ModularChat.Host;

/// <summary>The limits that bind clients: every options property marked <see cref="LimitAttribute"/>, by its name in camelCase.</summary>
internal sealed class Limits
{
    public Limits(IServiceProvider services)
    {
        Values = ModuleList.Sections
            .SelectMany(s => SettingsCheck.Keys(s.Section, s.Options), (s, k) => (s.Options, k.Property))
            .Where(p => p.Property.IsDefined(typeof(LimitAttribute)) && p.Property.DeclaringType == p.Options)
            .ToDictionary(p => JsonNamingPolicy.CamelCase.ConvertName(p.Property.Name), p => Read(services, p.Options, p.Property), StringComparer.Ordinal);
        Json = new JsonBody(JsonSerializer.SerializeToUtf8Bytes(Values));
    }

    public IReadOnlyDictionary<string, long> Values { get; }

    /// <summary>The same as one JSON object, made once.</summary>
    public JsonBody Json { get; }

    private static long Read(IServiceProvider services, Type options, PropertyInfo property)
    {
        var holder = services.GetRequiredService(typeof(IOptions<>).MakeGenericType(options));
        var value = ((IOptions<object>)holder).Value;
        return Convert.ToInt64(property.GetValue(value), CultureInfo.InvariantCulture);
    }
}
