using MediatR;
using ModularChat.Contracts;

namespace ModularChat.Host.Dispatch;

/// <summary>Measures how long each request takes, while somebody listens.</summary>
internal sealed class TimingBehaviour<TRequest, TResponse>(Telemetry telemetry, TimeProvider time) : IPipelineBehavior<TRequest, TResponse>
{
    private static readonly KeyValuePair<string, object?> Type = new("request", typeof(TRequest).Name);
    private static readonly KeyValuePair<string, object?> Done = new("outcome", "done");

    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        telemetry.Duration.Enabled ? TimedAsync(next) : next();

    private async Task<TResponse> TimedAsync(RequestHandlerDelegate<TResponse> next)
    {
        var start = time.GetTimestamp();
        var outcome = Done;
        try
        {
            return await next();
        }
        catch (Exception e)
        {
            outcome = new KeyValuePair<string, object?>("outcome", e is ChatException refusal ? refusal.Code.Code : e.GetType().Name);
            throw;
        }
        finally
        {
            telemetry.Duration.Record(time.GetElapsedTime(start).TotalSeconds, Type, outcome);
        }
    }
}
