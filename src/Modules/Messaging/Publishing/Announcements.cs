using System.Threading.Channels;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Publishing;

/// <summary>A commit of this process; without what it holds where that has to be read.</summary>
internal sealed record AnnouncedWrite(Guid RunId, int Shard, long Previous, long Position, Commit? Commit);

/// <summary>
/// Commits of this process on their way to other nodes. Bounded: what does not fit is not announced, and the others find it in the store.
/// </summary>
internal sealed class Announcements(IOptions<MessagingOptions> options)
{
    private readonly Channel<AnnouncedWrite> channel = Channel.CreateBounded<AnnouncedWrite>(
        new BoundedChannelOptions(options.Value.PublishQueue) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>This process, as others know it from its announcements.</summary>
    public Guid WriterId { get; } = Ids.New();

    public ChannelReader<AnnouncedWrite> Reader => channel.Reader;

    public void Add(AnnouncedWrite wrote) => channel.Writer.TryWrite(wrote);
}
