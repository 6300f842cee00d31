using MediatR;
using ModularChat.Contracts;

namespace ModularChat.ArchitectureTests.Rules;

/// <summary>What lets a module run in another process than those that need it.</summary>
internal static class TravelRules
{
    /// <summary>An event that does not travel is heard only where it was published; it must be one that is meant so.</summary>
    /// <param name="types">The contracts.</param>
    /// <param name="others">Events that other processes hear in another way, or that are about their own process.</param>
    public static IEnumerable<string> Events(IEnumerable<Type> types, params string[] others) =>
        types.Where(t => t is { IsClass: true } && t.IsAssignableTo(typeof(INotification)) && !t.IsAssignableTo(typeof(IClusterEvent)) && !others.Contains(t.Name, StringComparer.Ordinal))
            .Select(t => $"{t.FullName} does not travel: a module in another process never hears of it.");

    /// <summary>What runs once in the cluster must be able to get to the one who runs it.</summary>
    public static IEnumerable<string> OnceHandlers(IEnumerable<Type> types) =>
        from type in types
        where type.IsDefined(typeof(OncePerClusterAttribute), inherit: false)
        from heard in type.GetInterfaces()
        where heard.IsGenericType && heard.GetGenericTypeDefinition() == typeof(INotificationHandler<>) && !heard.GetGenericArguments()[0].IsAssignableTo(typeof(IClusterEvent))
        select $"{type.FullName} is to run once for {heard.GetGenericArguments()[0].Name}, which does not travel.";

    /// <summary>What has an id of its sender is idempotent, and another node may be asked when one is lost.</summary>
    public static IEnumerable<string> Repeatable(IEnumerable<Type> types) =>
        types.Where(t => t is { IsClass: true } && t.IsAssignableTo(typeof(IBaseRequest)) && t.GetProperty("ClientMessageId") is not null && !t.IsAssignableTo(typeof(IRepeatable)))
            .Select(t => $"{t.FullName} has a clientMessageId and is not IRepeatable.");
}
