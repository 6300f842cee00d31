using MediatR;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

/// <summary>Says in the words of the API that the log cannot be written or read now.</summary>
internal sealed class StorageProblems<TRequest, TResponse> : IPipelineBehavior<TRequest, TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        try
        {
            return await next();
        }
        catch (LogUnavailableException)
        {
            throw new ChatException(ProblemCodes.StorageUnavailable, "The store cannot take or give messages now; try again under the same id.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
    }
}
