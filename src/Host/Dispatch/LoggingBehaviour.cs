using MediatR;
using ModularChat.Contracts;

namespace ModularChat.Host.Dispatch;

/// <summary>Says which request was made and how it ended; never what was in it.</summary>
internal sealed partial class LoggingBehaviour<TRequest, TResponse>(ILogger<IMediator> logger) : IPipelineBehavior<TRequest, TResponse>
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        logger.IsEnabled(LogLevel.Debug) ? LoggedAsync(next) : next();

    private async Task<TResponse> LoggedAsync(RequestHandlerDelegate<TResponse> next)
    {
        try
        {
            var response = await next();
            Log.Done(logger, typeof(TRequest).Name);
            return response;
        }
        catch (ChatException e)
        {
            Log.Refused(logger, typeof(TRequest).Name, e.Code.Code);
            throw;
        }
        catch (Exception e)
        {
            Log.Failed(logger, typeof(TRequest).Name, e.GetType().Name);
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Request}: done")]
        public static partial void Done(ILogger logger, string request);

        [LoggerMessage(2, LogLevel.Debug, "{Request}: refused as {Code}")]
        public static partial void Refused(ILogger logger, string request, string code);

        [LoggerMessage(3, LogLevel.Debug, "{Request}: failed with {Exception}")]
        public static partial void Failed(ILogger logger, string request, string exception);
    }
}
