using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModularChat.ArchitectureTests.Rules;

/// <summary>Contracts are sealed records that never change and that survive a journey as JSON: a module may move to another process any day.</summary>
internal static class ContractRules
{
    private static readonly Type[] Plain =
        [typeof(string), typeof(Guid), typeof(DateTimeOffset), typeof(TimeSpan), typeof(bool), typeof(int), typeof(long), typeof(double), typeof(byte), typeof(ReadOnlyMemory<byte>)];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The types of a contract folder that carry data.</summary>
    public static IEnumerable<Type> Data(IEnumerable<Type> types) =>
        types.Where(t => t is { IsClass: true, IsAbstract: false } && !t.IsSubclassOf(typeof(Exception)) && !t.IsSubclassOf(typeof(Attribute))
            && !t.IsSubclassOf(typeof(JsonConverter)) && !t.IsSubclassOf(typeof(JsonSerializerContext)));

    public static IEnumerable<string> Shape(IEnumerable<Type> types)
    {
        foreach (var type in Data(types))
        {
            if (!type.IsSealed || type.GetMethod("<Clone>$") is null)
            {
                yield return $"{type.FullName} is not a sealed record.";
            }
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                if (property.SetMethod is { IsPublic: true } set && !set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)))
                {
                    yield return $"{type.FullName}.{property.Name} can be set.";
                }
                if (!IsAllowed(property.PropertyType, type.Assembly))
                {
                    yield return $"{type.FullName}.{property.Name} has the type {property.PropertyType}, which contracts do not carry.";
                }
            }
        }
    }

    public static IEnumerable<string> RoundTrip(IEnumerable<Type> types)
    {
        foreach (var type in Data(types))
        {
            string? problem = null;
            try
            {
                var sample = Samples.Make(type);
                var back = JsonSerializer.Deserialize(JsonSerializer.Serialize(sample, type, Json), type, Json);
                problem = Samples.Difference(sample, back, type.Name);
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
            {
                problem = e.Message;
            }
            if (problem is not null)
            {
                yield return $"{type.FullName} does not survive JSON: {problem}";
            }
        }
    }

    private static bool IsAllowed(Type type, Assembly contracts) =>
        Plain.Contains(type) || type.Assembly == contracts
        || (Nullable.GetUnderlyingType(type) is { } inner && IsAllowed(inner, contracts))
        || (type.IsArray && IsAllowed(type.GetElementType()!, contracts))
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>) && type.GetGenericArguments().All(a => IsAllowed(a, contracts)));
}
