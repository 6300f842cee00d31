using MediatR;

namespace ModularChat.ArchitectureTests.Rules;

/// <summary>Requests and their handlers.</summary>
internal static class HandlerRules
{
    /// <summary>Each request has exactly one handler, in the module that its contract folder names.</summary>
    /// <param name="requests">The request types of the contracts.</param>
    /// <param name="types">All types that may be handlers.</param>
    public static IEnumerable<string> OneHandlerARequest(IEnumerable<Type> requests, IReadOnlyCollection<Type> types)
    {
        foreach (var request in requests.Where(t => Interfaces(t, typeof(IRequest<>)).Any()))
        {
            var handlers = types.Where(t => Interfaces(t, typeof(IRequestHandler<,>)).Any(i => i.GetGenericArguments()[0] == request)).ToList();
            if (handlers.Count != 1)
            {
                yield return $"{request.FullName} has {handlers.Count} handlers{string.Concat(handlers.Select(h => " " + h.FullName))}.";
                continue;
            }
            var home = request.Namespace!.Split('.')[^1];
            if (handlers[0].Namespace?.StartsWith($"ModularChat.{home}", StringComparison.Ordinal) != true)
            {
                yield return $"{request.FullName} is handled by {handlers[0].FullName}, outside the module {home}.";
            }
        }
    }

    /// <summary>A handler is reached through the mediator only.</summary>
    public static IEnumerable<string> InternalSealed(IEnumerable<Type> types) =>
        types.Where(t => t is { IsClass: true, IsAbstract: false }
                && (Interfaces(t, typeof(IRequestHandler<,>)).Any() || Interfaces(t, typeof(INotificationHandler<>)).Any())
                && (t.IsVisible || !t.IsSealed))
            .Select(t => $"{t.FullName} is not internal and sealed.");

    /// <summary>What is asked of modules is answered by modules: Host handles events only. One open handler passes requests on, and answers none.</summary>
    public static IEnumerable<string> NoRequestHandlers(IEnumerable<Type> types) =>
        types.Where(t => !t.IsGenericTypeDefinition && Interfaces(t, typeof(IRequestHandler<,>)).Any()).Select(t => $"{t.FullName} handles a request outside the modules.");

    private static IEnumerable<Type> Interfaces(Type type, Type open) =>
        type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == open);
}
