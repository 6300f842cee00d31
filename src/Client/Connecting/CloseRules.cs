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
    /// <summary>When to come back.</summary>
    /// <param name="code">The close code; null when the connection broke without one.</param>
    public static ComeBack For(int? code) => code switch
    {
        1001 => ComeBack.AfterASecond,
        4008 or 4009 => ComeBack.AtOnce,
        >= 4100 and < 4200 => ComeBack.Never,
        _ => ComeBack.Backoff,
    };

    /// <summary>What to tell the application after a close code that forbids coming back.</summary>
    public static ChatProblem Problem(int code, string? reason) => new(
        code switch
        {
            4100 => "unauthorized",
            4101 => "malformed_json",
            4102 => "limit_reached",
            _ => "closed",
        },
        Detail: $"The server closed the connection with {code}{(string.IsNullOrEmpty(reason) ? "" : ": " + reason)}.");
}
