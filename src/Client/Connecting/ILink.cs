namespace ModularChat.Client.Connecting;

/// <summary>How a connection ended.</summary>
/// <param name="Code">The close code; null when it broke.</param>
/// <param name="Reason">What the server said.</param>
/// <param name="Refusal">The problem that the server stated, when it did.</param>
internal sealed record LinkEnd(int? Code, string? Reason = null, ChatProblem? Refusal = null)
{
    /// <summary>What to tell the application.</summary>
    public ChatProblem Problem => Refusal ?? (Code is { } code
        ? CloseRules.Problem(code, Reason)
        : new ChatProblem("not_connected", Retryable: true, Detail: Reason ?? "The connection broke."));
}

/// <summary>The connection could not be opened.</summary>
/// <param name="status">The HTTP status that answered; null when none did.</param>
/// <param name="inner">What happened.</param>
internal sealed class LinkNotOpenException(int? status, Exception inner) : Exception("The connection could not be opened.", inner)
{
    public int? Status { get; } = status;

    /// <summary>Another server may well do: this one is not there, or does not serve now.</summary>
    public bool IsOfThisServer => Status is null or 404 or >= 500;

    /// <summary>Nobody listens there, or the network is down.</summary>
    public bool IsUnreachable { get; } = inner.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };
}

/// <summary>One connection to the server, over one transport.</summary>
internal interface ILink : IAsyncDisposable
{
    /// <summary>Opens, catches up, and reads until the connection ends.</summary>
    Task<LinkEnd> RunAsync(CancellationToken token);

    /// <summary>Sends a request of the outbox; its answer comes to the handler.</summary>
    Task SendAsync(PendingSend send, long frameId, CancellationToken token);

    /// <summary>Moves own marks; confirmed to the handler.</summary>
    Task MarkAsync(Guid conversationId, long read, long frameId, CancellationToken token);

    /// <summary>Says that the user types.</summary>
    Task TypingAsync(Guid conversationId, CancellationToken token);

    /// <summary>Says whose presence to send; a refusal comes to the handler.</summary>
    Task WatchAsync(PresenceWatch watch, long frameId, CancellationToken token);

    /// <summary>Sends a heartbeat now, where there are any.</summary>
    void Beat();

    /// <summary>Says that the user leaves on purpose.</summary>
    Task GoodbyeAsync(CancellationToken token);

    /// <summary>Breaks the connection.</summary>
    void Abort();
}

/// <summary>What a link tells its client.</summary>
internal interface ILinkHandler
{
    void OnLive();
    void OnAck(long frameId, Stored stored);
    void OnOk(long frameId);
    void OnProblem(long? frameId, ChatProblem problem);
    /// <summary>About once a second.</summary>
    void OnTick();
}
