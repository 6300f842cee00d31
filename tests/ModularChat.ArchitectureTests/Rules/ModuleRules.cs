using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using ModularChat.ArchitectureTests.Code;

namespace ModularChat.ArchitectureTests.Rules;

/// <summary>What holds inside a module. Each rule is a function from types to violations, so that it can be run on planted ones.</summary>
internal static partial class ModuleRules
{
    private static readonly Type[] Growing =
        [typeof(List<>), typeof(Dictionary<,>), typeof(HashSet<>), typeof(Queue<>), typeof(ConcurrentDictionary<,>), typeof(ConcurrentQueue<>), typeof(ConcurrentBag<>), typeof(StringBuilder)];

    /// <summary>A module shows XModule and XOptions, and what XOptions needs; nothing else.</summary>
    public static IEnumerable<string> ExportedTypes(string module, IReadOnlyCollection<Type> exported)
    {
        var allowed = new HashSet<Type>(exported.Where(t => t.Name == module + "Module"));
        if (exported.FirstOrDefault(t => t.Name == module + "Options") is { } options)
        {
            AllowWithProperties(options);
        }
        return exported.Where(t => !allowed.Contains(t)).Select(t => $"{t.FullName} is public, but a module shows only {module}Module and {module}Options.");

        void AllowWithProperties(Type type)
        {
            if (exported.Contains(type) && allowed.Add(type))
            {
                foreach (var property in type.GetProperties())
                {
                    AllowWithProperties(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType.GetElementType() ?? property.PropertyType);
                }
            }
        }
    }

    /// <summary>Only code under Storage, and the module's own class that picks one, names an engine.</summary>
    public static IEnumerable<string> EngineNames(string module, IEnumerable<Type> types) =>
        from type in types
        where type.Name != module + "Module" && !IsStorage(type.Namespace)
        from used in TypeReferences.Of(type)
        where Engine().IsMatch(used.FullName ?? "")
        select $"{type.FullName} names the engine type {used.FullName}.";

    /// <summary>Only Host touches sockets.</summary>
    public static IEnumerable<string> Sockets(IEnumerable<Type> types) =>
        from type in types
        from used in TypeReferences.Of(type)
        where !used.IsEnum && (used.Namespace is "System.Net.Sockets" or "System.Net.WebSockets")
        select $"{type.FullName} uses {used.FullName}.";

    /// <summary>A module uses the contracts of those modules only that it may know.</summary>
    public static IEnumerable<string> ContractFolders(IReadOnlyCollection<string> allowed, IEnumerable<Type> types) =>
        (from type in types
         from used in TypeReferences.Of(type)
         let folder = ContractFolder(used)
         where folder is not null && !allowed.Contains(folder)
         select $"{type.FullName} uses {used.FullName}.").Distinct(StringComparer.Ordinal);

    /// <summary>State lives in singletons of the container, so that two servers fit into one process.</summary>
    public static IEnumerable<string> MutableStatics(IEnumerable<Type> types) =>
        from type in types
        where type.GetCustomAttribute<System.CodeDom.Compiler.GeneratedCodeAttribute>() is null
        from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        where !field.IsLiteral && field.GetCustomAttribute<System.CodeDom.Compiler.GeneratedCodeAttribute>() is null
        where field.Name.StartsWith('<') ? !IsGetOnly(type, field) && !field.IsInitOnly : !field.IsInitOnly || Grows(field.FieldType)
        where !IsSourceGenerated(field)
        select $"{type.FullName}.{field.Name} is static and can change.";

    private static bool IsStorage(string? space) => space is not null && space.Split('.').Contains("Storage", StringComparer.Ordinal);

    private static bool Grows(Type type) => Growing.Contains(type.IsGenericType ? type.GetGenericTypeDefinition() : type);

    /// <summary>The field behind <c>static X Y { get; }</c>.</summary>
    private static bool IsGetOnly(Type type, FieldInfo field) =>
        type.GetProperty(field.Name.TrimStart('<').Split('>')[0], BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic) is { CanWrite: false };

    /// <summary>Source generators for JSON write private fields with these types into partial classes.</summary>
    private static bool IsSourceGenerated(FieldInfo field) =>
        field.Name.StartsWith("s_", StringComparison.Ordinal) || field.Name.StartsWith("__", StringComparison.Ordinal);

    private static string? ContractFolder(Type type) =>
        type.Namespace?.Split('.') is ["ModularChat", "Contracts", var folder, ..] ? folder : null;

    [GeneratedRegex("Sqlite|Npgsql|Postgres|RocksDb|StackExchange\\.Redis", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Engine();
}
