using System.Diagnostics;
using MediatR;
using ModularChat.Contracts;

namespace ModularChat.Host.Dispatch;

/// <summary>Opens a span for each request, while somebody listens.</summary>
internal sealed class TracingBehaviour<TRequest, TResponse>(Telemetry telemetry) : IPipelineBehavior<TRequest, TResponse>
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        telemetry.Activities.HasListeners() ? TracedAsync(next) : next();

    private async Task<TResponse> TracedAsync(RequestHandlerDelegate<TResponse> next)
    {
        using var activity = telemetry.Activities.StartActivity(typeof(TRequest).Name);
        try
        {
            return await next();
        }
        catch (Exception e)
        {
            activity?.SetStatus(ActivityStatusCode.Error, e is ChatException refusal ? refusal.Code.Code : e.GetType().Name);
            throw;
        }
    }
}
