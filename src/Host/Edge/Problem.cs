using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModularChat.Contracts;

namespace ModularChat.Host.Edge;

/// <summary>A refusal as a client sees it (RFC 9457); the same object on every transport. See docs/protocol.md section 3.</summary>
internal sealed record Problem(
    string Type, string Title, int Status, string Code, string Detail, bool Retryable,
    long? RetryAfterMs = null, string? Field = null, long? Limit = null, string? RequestId = null)
{
    public static Problem From(ChatException e) => From(e.Code, e.Message) with
    {
        RetryAfterMs = e.RetryAfter is { } wait ? (long)Math.Ceiling(wait.TotalMilliseconds) : null,
        Field = e.Field,
        Limit = e.Limit,
    };

    public static Problem From(ProblemCode code, string? detail = null) =>
        new("about:blank", code.Title, code.Status, code.Code, detail ?? code.Title, code.Retryable);

    public static Problem From(JsonException e) =>
        IsBadText(e)
            ? From(ProblemCodes.InvalidText, "A text holds a lone surrogate or bytes that are not UTF-8.") with { Field = FieldOf(e.Path) }
            : From(ProblemCodes.MalformedJson, Where(e)) with { Field = FieldOf(e.Path) };

    /// <summary>
    /// A lone surrogate is well-formed JSON but no text: the reader finds it only when it makes the string, and has no type
    /// of exception of its own for it. A value of the wrong type comes in the same wrapping.
    /// </summary>
    public static bool IsBadText(JsonException e) =>
        e.InnerException is InvalidOperationException inner
        && (inner.InnerException is DecoderFallbackException || inner.Message.Contains("UTF-16", StringComparison.Ordinal));

    private static string Where(JsonException e) =>
        e.LineNumber is { } line && e.BytePositionInLine is { } column
            ? $"The JSON is not valid or not of the expected shape at line {line + 1}, byte {column + 1}."
            : "The JSON is not valid or not of the expected shape.";

    /// <summary><c>$.device.name</c> -> <c>device.name</c>.</summary>
    private static string? FieldOf(string? path) => path is { Length: > 2 } && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
}

/// <summary>How problems are written, made at compile time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ProblemJson : JsonSerializerContext;

/// <summary>Writes problems as HTTP answers.</summary>
internal static class ProblemResponse
{
    public static Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        if (problem.RetryAfterMs is { } wait)
        {
            response.Headers.RetryAfter = ((wait + 999) / 1000).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        if (problem.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
        response.Headers.CacheControl = "no-store";
        return response.WriteAsJsonAsync(problem, ProblemJson.Default.Problem, "application/problem+json", context.RequestAborted);
    }
}
