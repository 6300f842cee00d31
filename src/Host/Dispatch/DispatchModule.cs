using System.Reflection;
using MediatR;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ModularChat.Host.Backplane;

namespace ModularChat.Host.Dispatch;

/// <summary>Finds the handlers of all modules and registers the mediator in front of them.</summary>
internal static class DispatchModule
{
    /// <summary>Registers every handler of these assemblies.</summary>
    public static void AddDispatch(this IServiceCollection services, params Assembly[] assemblies) => services.AddDispatch(static _ => true, assemblies);

    /// <summary>Registers the handlers of these assemblies that belong to what is loaded.</summary>
    public static void AddDispatch(this IServiceCollection services, Func<Type, bool> isLoaded, params Assembly[] assemblies)
    {
        // Handlers come from the root provider: a frame needs no scope. Whoever needs one (a DbContext) makes its own.
        services.AddSingleton<ServiceFactory>(provider => provider.GetService!);
        services.AddSingleton<IMediator, IsolatingMediator>();
        services.AddSingleton<Telemetry>();
        services.TryAddSingleton<IEventSender, NobodyElse>();
        services.Scan(scan => scan
            .FromAssemblies(assemblies)
            .AddClasses(c => c.AssignableToAny(typeof(IRequestHandler<,>), typeof(INotificationHandler<>)).Where(t => !t.IsGenericTypeDefinition && isLoaded(t)), publicOnly: false)
            .AsImplementedInterfaces(IsHandler)
            .WithTransientLifetime());

        // The order of registration is the order of wrapping: the span is the outermost.
        services.AddSingleton(typeof(IPipelineBehavior<,>), typeof(TracingBehaviour<,>));
        services.AddSingleton(typeof(IPipelineBehavior<,>), typeof(TimingBehaviour<,>));
        services.AddSingleton(typeof(IPipelineBehavior<,>), typeof(LoggingBehaviour<,>));
    }

    private static bool IsHandler(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(IRequestHandler<,>) || type.GetGenericTypeDefinition() == typeof(INotificationHandler<>));
}
