using System.Collections.Frozen;
using System.Reflection;
using ModularChat.Contracts;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>What a node answered.</summary>
/// <param name="Status">200: the answer; 422: a refusal; 500: it failed, and its log says why.</param>
/// <param name="Body">JSON.</param>
internal readonly record struct Answer(int Status, byte[] Body)
{
    public const int Done = 200, Refused = 422, Failed = 500;
}

/// <summary>A <see cref="ChatException"/> on its way.</summary>
internal sealed record Refusal(string Code, string Detail, string? Field, long? Limit, double? RetryAfterMs)
{
    private static readonly FrozenDictionary<string, ProblemCode> Codes = typeof(ProblemCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (ProblemCode)f.GetValue(null)!).ToFrozenDictionary(c => c.Code, StringComparer.Ordinal);

    public static Refusal Of(ChatException e) => new(e.Code.Code, e.Message, e.Field, e.Limit, e.RetryAfter?.TotalMilliseconds);

    /// <summary>The same refusal; one that only a newer version knows is one that may pass.</summary>
    public ChatException ToException() => new(Codes.GetValueOrDefault(Code) ?? ProblemCodes.Unavailable, Detail)
    {
        Field = Field,
        Limit = Limit,
        RetryAfter = RetryAfterMs is { } wait ? TimeSpan.FromMilliseconds(wait) : null,
    };
}

/// <summary>A node could not be asked, or has not answered.</summary>
/// <param name="message">For a log; holds no secrets.</param>
/// <param name="wasSent">Whether it may have got the request.</param>
/// <param name="isGone">Whether nobody listens there.</param>
/// <param name="inner">What happened.</param>
internal sealed class NodeAwayException(string message, bool wasSent, bool isGone, Exception? inner = null) : Exception(message, inner)
{
    public bool WasSent => wasSent;

    public bool IsGone => isGone;
}

/// <summary>A node failed where it should not have: a bug there, as it would be one here.</summary>
/// <param name="message">Which node, and at what.</param>
internal sealed class NodeFailedException(string message) : Exception(message);
