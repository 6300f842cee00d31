using MediatR;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ModularChat.Host.Operations;

/// <summary>Ready only while a module answers a request that needs its store.</summary>
internal sealed class AnswerCheck<TResponse>(IMediator mediator, IRequest<TResponse> request) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await mediator.Send(request, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // What went wrong goes to the log only: anybody may ask for health.
            return HealthCheckResult.Unhealthy("Does not answer.", e);
        }
    }
}
