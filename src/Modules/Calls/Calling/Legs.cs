using ModularChat.Contracts;

namespace ModularChat.Calls.Calling;

/// <summary>Makes the ends of calls.</summary>
internal static class Legs
{
    public static Leg New(Caller caller, Guid legId, Moment now, CallsOptions options) => new(legId, caller.SessionId, Until(now, options));

    /// <summary>Until when an end counts that has given a sign of life now.</summary>
    public static long Until(Moment now, CallsOptions options) => now.Clock + (options.ReconnectSeconds * 1_000L);

    public static void RequireId(Guid id, string field)
    {
        if (id == Guid.Empty)
        {
            throw ChatException.Invalid(field, $"{field} is missing or empty.");
        }
    }
}
