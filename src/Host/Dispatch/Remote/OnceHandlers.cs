using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using MediatR;
using ModularChat.Contracts;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>Handlers of one module for one event, of which one node runs them.</summary>
/// <param name="Event">The event.</param>
/// <param name="Module">The module.</param>
/// <param name="RunAsync">Runs them here, on the event as JSON.</param>
internal sealed record OnceHandler(Type Event, string Module, Func<IServiceProvider, ReadOnlyMemory<byte>, CancellationToken, Task> RunAsync)
{
    /// <summary>Its name on the way.</summary>
    public string Name => $"{Module}.{Event.Name}";
}

/// <summary>All handlers marked <see cref="OncePerClusterAttribute"/>, loaded here or not: the code of every module is in every process.</summary>
internal sealed class OnceHandlers
{
    private readonly FrozenDictionary<string, OnceHandler> _byName;
    private readonly FrozenDictionary<Type, OnceHandler[]> _byEvent;

    public OnceHandlers()
    {
        var all = ModuleList.Modules.SelectMany(m => Of(m.Section, m.Options.Assembly)).DistinctBy(h => h.Name).ToList();
        _byName = all.ToFrozenDictionary(h => h.Name, StringComparer.Ordinal);
        _byEvent = all.GroupBy(h => h.Event).ToFrozenDictionary(g => g.Key, g => g.ToArray());
    }

    public OnceHandler? Find(string name) => _byName.GetValueOrDefault(name);

    public OnceHandler[] Of(IClusterEvent happened) => _byEvent.GetValueOrDefault(happened.GetType()) ?? [];

    private static IEnumerable<OnceHandler> Of(string module, Assembly assembly) =>
        from type in assembly.GetTypes()
        where type.IsDefined(typeof(OncePerClusterAttribute), inherit: false)
        from heard in type.GetInterfaces()
        where heard.IsGenericType && heard.GetGenericTypeDefinition() == typeof(INotificationHandler<>)
        let happened = heard.GetGenericArguments()[0]
        select new OnceHandler(happened, module, Runner(happened, assembly));

    private static Func<IServiceProvider, ReadOnlyMemory<byte>, CancellationToken, Task> Runner(Type happened, Assembly module)
    {
        var run = typeof(OnceHandlers).GetMethod(nameof(RunAsync), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(happened)
            .CreateDelegate<Func<Assembly, IServiceProvider, ReadOnlyMemory<byte>, CancellationToken, Task>>();
        return (services, body, token) => run(module, services, body, token);
    }

    private static async Task RunAsync<TEvent>(Assembly module, IServiceProvider services, ReadOnlyMemory<byte> body, CancellationToken token)
        where TEvent : INotification
    {
        var happened = JsonSerializer.Deserialize<TEvent>(body.Span, WireJson.Options) ?? throw new JsonException("The event is null.");
        foreach (var handler in services.GetServices<INotificationHandler<TEvent>>())
        {
            if (handler.GetType().Assembly == module && handler.GetType().IsDefined(typeof(OncePerClusterAttribute), inherit: false))
            {
                await handler.Handle(happened, token);
            }
        }
    }
}
