using System.Collections;
using System.Reflection;
using System.Text;
using ModularChat.Contracts;

namespace ModularChat.ArchitectureTests.Rules;

/// <summary>Makes an instance of any contract with every member filled, and compares two of them member by member.</summary>
internal static class Samples
{
    private const int Depth = 6;

    public static object Make(Type type) => Value(type, type.Name, Depth)!;

    /// <summary>Where the two differ; null when they are equal.</summary>
    public static string? Difference(object? one, object? other, string path)
    {
        if (one is null || other is null)
        {
            return one is null && other is null ? null : $"{path} is lost.";
        }
        var type = one.GetType();
        if (one is JsonBody || type.Assembly != typeof(Caller).Assembly && one is not IEnumerable || type.IsEnum || one is string)
        {
            return one.Equals(other) || one is ReadOnlyMemory<byte> a && other is ReadOnlyMemory<byte> b && a.Span.SequenceEqual(b.Span)
                ? null : $"{path} became {other}.";
        }
        if (one is IEnumerable list)
        {
            var (left, right) = (list.Cast<object>().ToList(), ((IEnumerable)other).Cast<object>().ToList());
            return left.Count != right.Count ? $"{path} has another length."
                : left.Select((x, i) => Difference(x, right[i], $"{path}[{i}]")).FirstOrDefault(d => d is not null);
        }
        return type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(p => Difference(p.GetValue(one), p.GetValue(other), $"{path}.{p.Name}"))
            .FirstOrDefault(d => d is not null);
    }

    private static object? Value(Type type, string name, int depth)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<object>().Last();
        }
        if (type.IsArray)
        {
            var element = type.GetElementType()!;
            var array = Array.CreateInstance(element, depth > 0 ? 2 : 0);
            for (var i = 0; i < array.Length; i++)
            {
                array.SetValue(Value(element, name + i, depth - 1), i);
            }
            return array;
        }
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>))
        {
            var map = (IDictionary)Activator.CreateInstance(type)!;
            map.Add(Value(type.GetGenericArguments()[0], name, depth - 1)!, Value(type.GetGenericArguments()[1], name, depth - 1));
            return map;
        }
        return type == typeof(string) ? $"ä {name} \"ü"
            : type == typeof(Guid) ? Ids.New()
            : type == typeof(long) ? 9_007_199_254_740_991
            : type == typeof(int) ? 17
            : type == typeof(byte) ? (byte)3
            : type == typeof(double) ? 0.1
            : type == typeof(bool) ? true
            : type == typeof(TimeSpan) ? TimeSpan.FromMilliseconds(1_500)
            : type == typeof(DateTimeOffset) ? new DateTimeOffset(2026, 2, 3, 4, 5, 6, 7, TimeSpan.Zero)
            : type == typeof(ReadOnlyMemory<byte>) ? new ReadOnlyMemory<byte>([1, 2, 3])
            : type == typeof(JsonBody) ? new JsonBody(Encoding.UTF8.GetBytes("""{"text":"x"}"""))
            : Construct(type, depth);
    }

    private static object Construct(Type type, int depth)
    {
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)
            ?? throw new InvalidOperationException($"{type.FullName} has no public constructor.");
        var sample = constructor.Invoke([.. constructor.GetParameters().Select(p => Value(p.ParameterType, p.Name!, depth - 1))]);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite && constructor.GetParameters().All(c => c.Name != p.Name)))
        {
            property.SetValue(sample, Value(property.PropertyType, property.Name, depth - 1));
        }
        return sample;
    }
}
