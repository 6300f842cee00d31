using System.Threading.Channels;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Publishing;

/// <summary>
/// Commits of this process on their way to other nodes. Bounded: what does not fit is not announced, and the others find it in the store.
/// </summary>
internal sealed class Announcements(IOptions<MessagingOptions> options)
{
    private readonly Channel<(Guid RunId, Commit Commit)> channel = Channel.CreateBounded<(Guid RunId, Commit Commit)>(
        new BoundedChannelOptions(options.Value.PublishQueue) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>This process, as others know it from its announcements.</summary>
    public Guid WriterId { get; } = Ids.New();

    public ChannelReader<(Guid RunId, Commit Commit)> Reader => channel.Reader;

    public void Add(Guid runId, Commit commit) => channel.Writer.TryWrite((runId, commit));
}
