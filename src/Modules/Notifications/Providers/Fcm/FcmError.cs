using System.Text.Json;

namespace ModularChat.Notifications.Providers.Fcm;

/// <summary>What the body of FCM's answer says. Of a body that is none of FCM's nothing is known.</summary>
/// <param name="IsTaken">It names the message that it has taken.</param>
/// <param name="Status">Google's word, such as NOT_FOUND.</param>
/// <param name="Code">FCM's own word, such as UNREGISTERED.</param>
/// <param name="IsAboutToken">The device's token is what is wrong.</param>
internal sealed record FcmError(bool IsTaken = false, string? Status = null, string? Code = null, bool IsAboutToken = false)
{
    private const int LongestWord = 64;

    public static FcmError Read(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return new FcmError();
            }
            if (!root.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
            {
                return new FcmError(IsTaken: Word(root, "name", 1_000) is not null);
            }
            var details = error.TryGetProperty("details", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object).ToArray() : [];
            return new FcmError(
                false, Word(error, "status"), details.Select(one => Word(one, "errorCode")).FirstOrDefault(code => code is not null), details.Any(IsTheToken));
        }
        catch (JsonException)
        {
            return new FcmError();
        }
    }

    private static bool IsTheToken(JsonElement detail) =>
        detail.TryGetProperty("fieldViolations", out var fields) && fields.ValueKind == JsonValueKind.Array
        && fields.EnumerateArray().Any(field => field.ValueKind == JsonValueKind.Object && Word(field, "field") == "message.token");

    /// <summary>A word and no more goes into the trace: a body may hold anything.</summary>
    private static string? Word(JsonElement json, string name, int longest = LongestWord) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && text.Length <= longest ? text : null;
}
