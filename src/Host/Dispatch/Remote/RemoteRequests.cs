using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>A request that may come from another node.</summary>
/// <param name="Name">Its name on the way: module and type.</param>
/// <param name="Module">Who answers it.</param>
/// <param name="AnswerAsync">Answers it with JSON.</param>
internal sealed record RemoteRequest(string Name, string Module, Func<IMediator, ReadOnlyMemory<byte>, CancellationToken, Task<byte[]>> AnswerAsync);

/// <summary>All requests of the contracts, by their names on the way.</summary>
internal sealed class RemoteRequests
{
    private readonly FrozenDictionary<string, RemoteRequest> _byName =
        typeof(Caller).Assembly.GetTypes().Select(Describe).OfType<RemoteRequest>().ToFrozenDictionary(r => r.Name, StringComparer.Ordinal);

    /// <summary>Null for one that this version does not know.</summary>
    public RemoteRequest? Find(string name) => _byName.GetValueOrDefault(name);

    public static string NameOf(Type request) => $"{LoadedModules.ModuleOf(request)}.{request.Name}";

    private static RemoteRequest? Describe(Type type)
    {
        var answer = Array.Find(type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequest<>))?.GetGenericArguments()[0];
        if (answer is null || type.IsAbstract || LoadedModules.ModuleOf(type) is not { } module)
        {
            return null;
        }
        var method = typeof(RemoteRequests).GetMethod(nameof(AnswerAsync), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type, answer);
        return new RemoteRequest(NameOf(type), module, method.CreateDelegate<Func<IMediator, ReadOnlyMemory<byte>, CancellationToken, Task<byte[]>>>());
    }

    private static async Task<byte[]> AnswerAsync<TRequest, TResponse>(IMediator mediator, ReadOnlyMemory<byte> body, CancellationToken token)
        where TRequest : IRequest<TResponse>
    {
        var request = JsonSerializer.Deserialize<TRequest>(body.Span, WireJson.Options) ?? throw new JsonException("The request is null.");
        return JsonSerializer.SerializeToUtf8Bytes(await mediator.Send(request, token), WireJson.Options);
    }
}
