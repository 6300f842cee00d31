using System.Collections.Frozen;
using System.Reflection;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using MediatR;
using ModularChat.Contracts;

namespace ModularChat.Host.Backplane;

/// <summary>One kind of event that travels: how it is written, and who handles it on a node that it has come to.</summary>
internal sealed record EventType(string Name, JsonTypeInfo Json, Func<object, IServiceProvider, IEnumerable<Func<CancellationToken, Task>>> Handlers);

/// <summary>The events that travel between nodes, by name.</summary>
internal sealed class EventTypes
{
    private readonly FrozenDictionary<Type, EventType> _byType = typeof(IClusterEvent).Assembly.GetTypes()
        .Where(t => t is { IsClass: true } && t.IsAssignableTo(typeof(IClusterEvent)))
        .ToFrozenDictionary(t => t, Describe);

    private readonly FrozenDictionary<string, EventType> _byName;

    public EventTypes() => _byName = _byType.Values.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);

    public EventType Of(IClusterEvent happened) => _byType[happened.GetType()];

    /// <summary>Null for one that this version does not know.</summary>
    public EventType? Find(ReadOnlySpan<byte> name) => _byName.GetValueOrDefault(Encoding.ASCII.GetString(name));

    private static EventType Describe(Type type) => new(
        type.Name,
        ClusterEventsJson.Wire.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type.Name} is missing in {nameof(ClusterEventsJson)}."),
        typeof(EventTypes).GetMethod(nameof(HandlersOf), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type)
            .CreateDelegate<Func<object, IServiceProvider, IEnumerable<Func<CancellationToken, Task>>>>());

    /// <summary>All but those that have run where the event was published.</summary>
    private static IEnumerable<Func<CancellationToken, Task>> HandlersOf<TEvent>(object happened, IServiceProvider services)
        where TEvent : IClusterEvent
    {
        foreach (var handler in services.GetServices<INotificationHandler<TEvent>>())
        {
            if (!handler.GetType().IsDefined(typeof(OncePerClusterAttribute), inherit: false))
            {
                yield return token => handler.Handle((TEvent)happened, token);
            }
        }
    }
}
