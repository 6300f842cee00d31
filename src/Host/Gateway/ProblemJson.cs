using System.Text.Json;
using ModularChat.Contracts;

namespace ModularChat.Host.Gateway;

/// <summary>The JSON of a problem (RFC 9457), the same on every edge.</summary>
internal static class ProblemJson
{
    public static void Write(Utf8JsonWriter writer, ChatException problem)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "about:blank"u8);
        writer.WriteString("title"u8, problem.Code.Title);
        writer.WriteNumber("status"u8, problem.Code.Status);
        writer.WriteString("code"u8, problem.Code.Code);
        writer.WriteString("detail"u8, problem.Message);
        if (problem.Field is { } field)
        {
            writer.WriteString("field"u8, field);
        }
        if (problem.Limit is { } limit)
        {
            writer.WriteNumber("limit"u8, limit);
        }
        writer.WriteBoolean("retryable"u8, problem.Code.Retryable);
        if (problem.RetryAfter is { } after)
        {
            writer.WriteNumber("retryAfterMs"u8, (long)after.TotalMilliseconds);
        }
        writer.WriteEndObject();
    }
}
