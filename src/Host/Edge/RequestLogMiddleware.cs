namespace ModularChat.Host.Edge;

/// <summary>One line a request, when its level is on: method, path, status and time. Never the query, headers or bodies.</summary>
internal sealed partial class RequestLogMiddleware(RequestDelegate next, TimeProvider time, ILogger<RequestLogMiddleware> logger)
{
    public Task InvokeAsync(HttpContext context) => logger.IsEnabled(LogLevel.Debug) ? LoggedAsync(context) : next(context);

    private async Task LoggedAsync(HttpContext context)
    {
        var start = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            Log.Answered(logger, context.Request.Method, context.Request.Path, context.Response.StatusCode, time.GetElapsedTime(start).TotalMilliseconds, context.TraceIdentifier);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Method} {Path}: {Status} in {Milliseconds:0.0} ms; request id {RequestId}")]
        public static partial void Answered(ILogger logger, string method, string path, int status, double milliseconds, string requestId);
    }
}
