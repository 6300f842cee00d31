namespace ModularChat.Client.Connecting;

/// <summary>When to come back after a connection has ended.</summary>
internal enum ComeBack
{
    /// <summary>After a growing, jittered delay.</summary>
    Backoff = 0,
    /// <summary>At once; when that fails too, with a delay.</summary>
    AtOnce,
    /// <summary>After a second, jittered: the server stops, and all its clients come at the same time.</summary>
    AfterASecond,
    /// <summary>Not before something is changed.</summary>
    Never,
}

/// <summary>The rules of section 10 of the protocol.</summary>
internal static class CloseRules
{
    public const int Unauthorized = 4100, BadCursor = 4103;

    /// <summary>What to tell the application when there is no such API. Worth more tries: a proxy whose server is just being replaced answers so too.</summary>
    public static readonly ChatProblem OtherVersion = new(
        "other_version", 404, Retryable: true, Detail: "There is no /api/v1 at this address: the server is of another version, or no chat server.");

    /// <summary>When to come back.</summary>
    /// <param name="code">The close code; null when the connection broke without one.</param>
    public static ComeBack For(int? code) => code switch
    {
        1001 => ComeBack.AfterASecond,
        4008 or 4009 or 4010 => ComeBack.AtOnce,
        // Not without a change, and the change is made: the cursor is dropped.
        BadCursor => ComeBack.Backoff,
        >= 4100 and < 4200 => ComeBack.Never,
        _ => ComeBack.Backoff,
    };

    /// <summary>What to tell the application after a close code.</summary>
    public static ChatProblem Problem(int code, string? reason) => new(
        code switch
        {
            Unauthorized => "unauthorized",
            4101 => "malformed_json",
            4102 => "limit_reached",
            BadCursor => "invalid_cursor",
            _ => "closed",
        },
        Retryable: For(code) != ComeBack.Never,
        Detail: $"The server closed the connection with {code}{(string.IsNullOrEmpty(reason) ? "" : ": " + reason)}.");
}
