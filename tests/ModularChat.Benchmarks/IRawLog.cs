using ModularChat.Messaging.Storage;

namespace ModularChat.Benchmarks;

/// <summary>
/// The rows and indexes that the log has, as durable as the log's, in the shortest code: counts seqs and positions itself, has no rule, answers
/// nothing and tells nobody.
/// </summary>
internal interface IRawLog : IAsyncDisposable
{
    /// <summary>Makes conversations of two users each, number n of <paramref name="conversations"/> of 2n and 2n + 1 of <paramref name="users"/>.</summary>
    Task CreateAsync(Guid[] conversations, Guid[] users);

    /// <summary>One transaction.</summary>
    Task AppendAsync(Append[] appends);

    /// <summary>Reads the newest 50 entries; how many there were.</summary>
    Task<int> PageAsync(Guid conversation);
}
