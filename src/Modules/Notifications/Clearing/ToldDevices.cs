using System.Collections.Frozen;
using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace ModularChat.Notifications.Clearing;

/// <summary>What a user has read that devices may still show.</summary>
/// <param name="UserId">Who.</param>
/// <param name="ConversationId">Where.</param>
/// <param name="First">The first seq that was to be pushed since the user had last read everything.</param>
/// <param name="Read">Up to which seq.</param>
internal sealed record ReadElsewhere(Guid UserId, Guid ConversationId, long First, long Read);

/// <summary>
/// In which conversations there is something to clear, as the node knows that decides on them. Asked for every mark that moves, so it is in memory; what was told to whom is
/// in the database, and the node that takes over recalls it from there.
/// </summary>
internal sealed class ToldDevices(IOptions<NotificationsOptions> options, TimeProvider time)
{
    private const int Most = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid User, Guid Conversation), Told> _told = [];
    private readonly Channel<ReadElsewhere> _read = Channel.CreateUnbounded<ReadElsewhere>(new UnboundedChannelOptions { SingleReader = true });
    private volatile FrozenSet<int> _shards = FrozenSet<int>.Empty;

    /// <summary>What is to be cleared.</summary>
    public ChannelReader<ReadElsewhere> Reader => _read.Reader;

    /// <summary>For how long a push is of use; what was told before that is shown nowhere any more.</summary>
    public TimeSpan Life => TimeSpan.FromSeconds(options.Value.TtlSeconds);

    /// <summary>Of several nodes the one clears that decides, or a device would be told by all of them.</summary>
    public void Own(IEnumerable<int> shards) => _shards = shards.ToFrozenSet();

    /// <summary>Devices of a user are told of a message, or will be.</summary>
    public void Remember(Guid userId, Guid conversationId, long seq, DateTimeOffset until)
    {
        lock (_gate)
        {
            if (Find((userId, conversationId)) is { } told)
            {
                told.First = Math.Min(told.First, seq);
                told.Seq = Math.Max(told.Seq, seq);
                told.Until = until > told.Until ? until : told.Until;
            }
        }
    }

    /// <summary>A user's read mark has moved. Once everything is read that devices were told of, they are told that.</summary>
    public void Read(int shard, Guid userId, Guid conversationId, long read)
    {
        if (_shards.Contains(shard))
        {
            Read(userId, conversationId, read);
        }
    }

    public void Read(Guid userId, Guid conversationId, long read)
    {
        lock (_gate)
        {
            if (_told.TryGetValue((userId, conversationId), out var told) && read >= told.Seq)
            {
                _told.Remove((userId, conversationId));
                if (told.Until > time.GetUtcNow())
                {
                    _read.Writer.TryWrite(new ReadElsewhere(userId, conversationId, told.First, read));
                }
            }
        }
    }

    private Told? Find((Guid User, Guid Conversation) key)
    {
        if (_told.TryGetValue(key, out var known))
        {
            return known;
        }
        if (_told.Count >= Most)
        {
            var now = time.GetUtcNow();
            foreach (var old in _told.Where(pair => pair.Value.Until <= now).Select(pair => pair.Key).ToList())
            {
                _told.Remove(old);
            }
        }
        return _told.Count >= Most ? null : _told[key] = new Told();
    }

    private sealed class Told
    {
        public long First { get; set; } = long.MaxValue;
        public long Seq { get; set; }
        public DateTimeOffset Until { get; set; }
    }
}
