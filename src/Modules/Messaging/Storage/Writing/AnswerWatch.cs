namespace ModularChat.Messaging.Storage.Writing;

/// <summary>What is looked at after a while, and says itself whether it wants to be looked at again.</summary>
internal interface IWatchedAnswers
{
    void Look();
}

/// <summary>
/// Looks at the answers of all writers of a log that are being given. One for all of them: with one for each, most of the timers of a server with little to
/// do were these.
/// </summary>
internal sealed class AnswerWatch : IDisposable
{
    /// <summary>How long a caller may hold up the others, twice at most. It is about threads and no rule of the chat: no clock of tests replaces it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly List<IWatchedAnswers> _watched = [];
    private readonly ITimer _timer;

    public AnswerWatch() => _timer = TimeProvider.System.CreateTimer(_ => LookAtAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Add(IWatchedAnswers answers)
    {
        lock (_lock)
        {
            _watched.Add(answers);
            if (_watched.Count == 1)
            {
                _timer.Change(Patience, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void LookAtAll()
    {
        IWatchedAnswers[] all;
        lock (_lock)
        {
            all = [.. _watched];
            _watched.Clear();
        }
        Array.ForEach(all, static answers => answers.Look());
    }
}
