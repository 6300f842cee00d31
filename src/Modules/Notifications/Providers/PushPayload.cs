using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Notifications.Providers;

/// <summary>Who wrote it.</summary>
internal sealed record PushSender(Guid Id, string Name, string AvatarColour);

/// <summary>What a device gets: section 17 of the protocol.</summary>
internal sealed record PushPayload
{
    /// <summary>The kind that shows nothing: it takes back what is shown.</summary>
    public const string Read = "read";

    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    public Guid? ConversationId { get; init; }
    public long? Seq { get; init; }
    public Guid? CallId { get; init; }
    public long? Unread { get; init; }
    public DateTimeOffset? At { get; init; }
    public string? Receipt { get; init; }
    public ConversationKind? ConversationKind { get; init; }
    public string? Title { get; init; }
    public PushSender? Sender { get; init; }
    public bool? Mention { get; init; }
    public bool? Truncated { get; init; }
    public string? Text { get; init; }

    /// <summary>How pushes are written: what is null is left out.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>In JSON of at most so many bytes: a text that is too long is cut, between two characters.</summary>
    public byte[] ToJson(int mostBytes) => Fit(mostBytes, static payload => JsonSerializer.SerializeToUtf8Bytes(payload, Json));

    /// <summary>As <paramref name="write"/> writes it, with as much of the text as there is room for.</summary>
    public byte[] Fit(int mostBytes, Func<PushPayload, byte[]> write)
    {
        var bytes = write(this);
        if (bytes.Length <= mostBytes || Text is not { Length: > 0 } text)
        {
            return bytes;
        }
        var (fits, tooLong) = (0, Math.Min(text.Length, mostBytes));
        while (tooLong - fits > 1)
        {
            var middle = (fits + tooLong) / 2;
            if (write(Cut(text, middle)).Length <= mostBytes)
            {
                fits = middle;
            }
            else
            {
                tooLong = middle;
            }
        }
        return write(Cut(text, fits));
    }

    private PushPayload Cut(string text, int length) =>
        this with { Text = text[..(length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)], Truncated = true };
}
