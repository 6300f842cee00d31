using MediatR;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>The handler of every request whose module is not loaded here: another node answers.</summary>
internal sealed class RemoteHandler<TRequest, TResponse>(NodeCalls calls) : IRequestHandler<TRequest, TResponse>
    where TRequest : IRequest<TResponse>
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken) => calls.SendAsync<TRequest, TResponse>(request, cancellationToken);
}
