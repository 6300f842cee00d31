using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Host.Operations;

namespace ModularChat.Host.Edge;

/// <summary>Every refusal and every failure of a request leaves as a problem; the unexpected ones are logged under the request's id.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, IOptions<ServerOptions> options, ILogger<ProblemMiddleware> logger)
{
    private const int ClientClosedRequest = 499;
    private const string NoJson = "The body must be JSON with Content-Type: application/json.";

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            if (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
            {
                // Nobody is there to read an answer; the status is for the log only.
                context.Response.StatusCode = ClientClosedRequest;
                return;
            }
            context.Response.Clear();
            await ProblemResponse.WriteAsync(context, ToProblem(context, e));
            return;
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client went away in the middle of an answer.
            return;
        }
        if (!context.Response.HasStarted && context.Response.ContentLength is null && FromStatus(context) is { } problem)
        {
            await ProblemResponse.WriteAsync(context, problem);
        }
    }

    private Problem ToProblem(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case ChatException refusal:
                return Problem.From(refusal);
            case BadHttpRequestException { InnerException: JsonException json }:
                return Problem.From(json);
            case JsonException json:
                return Problem.From(json);
            case BadHttpRequestException bad:
                return FromBadRequest(bad);
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                return Problem.From(ProblemCodes.Unavailable);
            default:
                Log.Failed(logger, exception, context.Request.Method, context.Request.Path, context.TraceIdentifier);
                return Problem.From(ProblemCodes.Internal) with { RequestId = context.TraceIdentifier };
        }
    }

    private Problem FromBadRequest(BadHttpRequestException e)
    {
        if (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge();
        }
        if (e.StatusCode == StatusCodes.Status415UnsupportedMediaType)
        {
            return Problem.From(ProblemCodes.MalformedJson, NoJson);
        }
        // The framework names the parameter, and after it the value, which may be a secret: only the name goes out.
        var parameter = Parameter().Match(e.Message);
        if (!parameter.Success || e.Message.Contains("no body was provided", StringComparison.Ordinal))
        {
            return Problem.From(ProblemCodes.MalformedJson, "The request needs a body of JSON, or is not valid HTTP.");
        }
        var name = parameter.Groups["name"].Value;
        return Problem.From(ProblemCodes.InvalidRequest, $"{name} is missing or is not a {parameter.Groups["type"].Value}.") with { Field = name };
    }

    /// <summary>A status without a body: from the router, or from the framework's own reading of a body.</summary>
    private Problem? FromStatus(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound when context.GetEndpoint() is not null => Problem.From(ProblemCodes.NotFound),
        StatusCodes.Status404NotFound => Problem.From(ProblemCodes.NoSuchEndpoint),
        StatusCodes.Status405MethodNotAllowed => Problem.From(ProblemCodes.NoSuchEndpoint, "The path is there, but not with this method."),
        StatusCodes.Status400BadRequest => Problem.From(ProblemCodes.MalformedJson),
        StatusCodes.Status413PayloadTooLarge => TooLarge(),
        StatusCodes.Status415UnsupportedMediaType => Problem.From(ProblemCodes.MalformedJson, NoJson),
        _ => null,
    };

    private Problem TooLarge() =>
        Problem.From(ProblemCodes.TooLarge, $"The request body is larger than {options.Value.MaxRequestBytes} bytes.") with { Limit = options.Value.MaxRequestBytes };

    [GeneratedRegex("""parameter "(?<type>[^" ]+) (?<name>[^" ]+)"|parameter '(?<type>[^' ]+) (?<name>[^' ]+)'""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed; request id {RequestId}")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string path, string requestId);
    }
}
