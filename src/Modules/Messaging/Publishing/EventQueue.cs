using System.Threading.Channels;
using Microsoft.Extensions.Options;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Publishing;

/// <summary>A commit that waits to be published, with the conversations as they were in memory with it, in the order of its heads.</summary>
internal sealed record QueuedCommit(Commit Commit, ConversationState?[] States);

/// <summary>
/// Commits on their way from the log's writer to <see cref="EventLoop"/>. Bounded: when full a commit is let go, and live
/// connections are told to sync instead.
/// </summary>
internal sealed class EventQueue(ConversationCache conversations, IOptions<MessagingOptions> options)
{
    private readonly Channel<QueuedCommit?> channel = Channel.CreateBounded<QueuedCommit?>(
        new BoundedChannelOptions(options.Value.PublishQueue) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private int lost;

    /// <summary>What waits; null stands for a log that was opened again.</summary>
    public ChannelReader<QueuedCommit?> Reader => channel.Reader;

    public void Add(Commit commit)
    {
        var states = new ConversationState?[commit.Heads.Count];
        for (var i = 0; i < states.Length; i++)
        {
            states[i] = conversations.Find(commit.Heads[i].ConversationId);
        }
        Add(new QueuedCommit(commit, states));
    }

    public void AddReopened() => Add((QueuedCommit?)null);

    /// <summary>True once after commits or a reopening were let go.</summary>
    public bool TakeLost() => Interlocked.Exchange(ref lost, 0) == 1;

    private void Add(QueuedCommit? item)
    {
        if (!channel.Writer.TryWrite(item))
        {
            Interlocked.Exchange(ref lost, 1);
        }
    }
}
