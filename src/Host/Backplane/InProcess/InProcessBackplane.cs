namespace ModularChat.Host.Backplane.InProcess;

/// <summary>For a process that stands alone: there is nobody to tell.</summary>
internal sealed class InProcessBackplane : IBackplane
{
    public int MaxBytes => 0;

    public string Describe() => "process";

    public Task StartAsync(Action<ReadOnlyMemory<byte>> received, CancellationToken token) => Task.CompletedTask;

    public bool Publish(byte[] frame) => false;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
