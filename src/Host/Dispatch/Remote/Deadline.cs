namespace ModularChat.Host.Dispatch.Remote;

/// <summary>Until when whoever began it all waits for the answer: what a node asks others meanwhile has no more time than that.</summary>
internal sealed class Deadline(TimeProvider time)
{
    private readonly AsyncLocal<Until?> _until = new();

    private sealed record Until(long Began, TimeSpan Time);

    /// <summary>What is left, at most this.</summary>
    public TimeSpan Left(TimeSpan most)
    {
        if (_until.Value is not { } until)
        {
            return most;
        }
        var left = until.Time - time.GetElapsedTime(until.Began);
        return left < most ? left : most;
    }

    /// <summary>From here on, in this flow.</summary>
    public void Begin(TimeSpan left) => _until.Value = new Until(time.GetTimestamp(), left);
}
