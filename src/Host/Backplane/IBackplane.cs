namespace ModularChat.Host.Backplane;

/// <summary>
/// Carries frames from each node to all others. At most once: a frame may be lost, and so may all of them for a while; frames of one node come in
/// their order. Nothing that must be right rests on it.
/// </summary>
internal interface IBackplane : IAsyncDisposable
{
    /// <summary>Larger frames are not taken.</summary>
    int MaxBytes { get; }

    /// <summary>One sentence for health: what it is, and since when it is away.</summary>
    string Describe();

    /// <summary>Begins to receive; comes back by itself after a loss.</summary>
    /// <param name="received">Gets each frame, own ones too, one after another; must be quick and must not throw.</param>
    /// <param name="token">Ends the wait.</param>
    /// <exception cref="ModularChat.Storage.StartupException">It cannot be reached; one sentence.</exception>
    Task StartAsync(Action<ReadOnlyMemory<byte>> received, CancellationToken token);

    /// <summary>Hands a frame to all nodes, or drops it: never waits, never throws. The bytes are not changed afterwards.</summary>
    /// <returns>False when it was dropped here.</returns>
    bool Publish(byte[] frame);
}
