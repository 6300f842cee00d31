namespace ModularChat.Host.Gateway.Outbound;

/// <summary>How frames leave on one transport. Called by one thread at a time, except <see cref="Abort"/>.</summary>
internal interface IFrameWriter : IDisposable
{
    /// <summary>The name that presence knows the transport by.</summary>
    string Transport { get; }

    /// <summary>Writes a frame; completes when the transport takes more.</summary>
    ValueTask WriteAsync(Frame frame, CancellationToken token);

    /// <summary>Says why and ends.</summary>
    ValueTask CloseAsync(CloseReason reason, CancellationToken token);

    /// <summary>Ends at once.</summary>
    void Abort();
}
