using ModularChat.Contracts;
using ModularChat.Contracts.Presence;

namespace ModularChat.Presence.States;

/// <summary>What a status may be.</summary>
internal static class StatusRules
{
    private const int Longest = 140;

    /// <summary>The status to keep; null when the text is empty, which ends it.</summary>
    public static PresenceStatus? Check(PresenceStatus status, DateTimeOffset now)
    {
        var text = status.Text ?? throw ChatException.Invalid("status.text", "A text is needed; an empty one ends the status.");
        if (text.Length > Longest)
        {
            throw ChatException.TooLong("status.text", Longest, "characters");
        }
        for (var i = 0; i < text.Length; i++)
        {
            var isPair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (char.IsControl(text[i]) || (char.IsSurrogate(text[i]) && !isPair))
            {
                throw new ChatException(ProblemCodes.InvalidText, "The status holds control characters or half a character.") { Field = "status.text" };
            }
            i += isPair ? 1 : 0;
        }
        if (status.ExpiresAt <= now)
        {
            throw ChatException.Invalid("status.expiresAt", "expiresAt is a time to come.");
        }
        return string.IsNullOrWhiteSpace(text) ? null : status with { ExpiresAt = status.ExpiresAt?.ToUniversalTime() };
    }
}
