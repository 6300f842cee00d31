namespace ModularChat.Messaging.Storage;

/// <summary>One kind of store that can hold the log.</summary>
internal interface ILogEngine
{
    /// <summary>
    /// Opens the log, making it when it is not there. From the first append on, <paramref name="listener"/> gets every commit.
    /// </summary>
    ValueTask<IMessageLog> OpenAsync(ICommitListener listener, CancellationToken token);
}
