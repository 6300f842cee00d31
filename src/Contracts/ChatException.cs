namespace ModularChat.Contracts;

/// <summary>
/// What a handler throws to refuse a request. Every edge turns it into the same RFC 9457 problem: <c>code</c>,
/// <c>title</c>, <c>detail</c>, <c>retryable</c> and, where they apply, <c>retryAfterMs</c>, <c>limit</c> and <c>field</c>.
/// </summary>
/// <param name="code">What kind of problem it is.</param>
/// <param name="detail">One sentence for a developer; never holds message text, tokens or other secrets.</param>
/// <param name="inner">What went wrong underneath; for the log, never for the answer.</param>
public sealed class ChatException(ProblemCode code, string detail, Exception? inner = null) : Exception(detail, inner)
{
    /// <summary>What kind of problem it is.</summary>
    public ProblemCode Code { get; } = code;

    /// <summary>The field of the request that is at fault, in its JSON name; null when it is not one field.</summary>
    public string? Field { get; init; }

    /// <summary>The limit that was passed, in the unit that detail names.</summary>
    public long? Limit { get; init; }

    /// <summary>When a retry may succeed; only with retryable codes.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A field that is missing or not allowed.</summary>
    public static ChatException Invalid(string field, string detail) => new(ProblemCodes.InvalidRequest, detail) { Field = field };

    /// <summary>A text, list or count above its limit.</summary>
    public static ChatException TooLong(string field, long limit, string unit) =>
        new(ProblemCodes.TooLong, $"{field} is longer than {limit} {unit}.") { Field = field, Limit = limit };

    /// <summary>The one answer for a conversation that is not there and for one that the caller is not a member of.</summary>
    public static ChatException NoConversation() => new(ProblemCodes.NotFound, "There is no such conversation, or the caller is not a member of it.");
}
