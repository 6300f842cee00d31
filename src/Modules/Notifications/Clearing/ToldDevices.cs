using System.Threading.Channels;
using Microsoft.Extensions.Options;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Clearing;

/// <summary>What a user has read that devices may still show.</summary>
/// <param name="UserId">Who.</param>
/// <param name="ConversationId">Where.</param>
/// <param name="Read">Up to which seq.</param>
/// <param name="Devices">The subscriptions that were told of some of it.</param>
internal sealed record ReadElsewhere(Guid UserId, Guid ConversationId, long Read, Guid[] Devices);

/// <summary>
/// Which devices this process has told of what. Asked for every mark that moves, so it is in memory: what it forgets costs a notification that stands until somebody
/// touches it, and nothing else.
/// </summary>
internal sealed class ToldDevices(IOptions<NotificationsOptions> options, TimeProvider time)
{
    private const int Most = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid User, Guid Conversation), Told> _told = [];
    private readonly Channel<ReadElsewhere> _read = Channel.CreateUnbounded<ReadElsewhere>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>What is to be cleared.</summary>
    public ChannelReader<ReadElsewhere> Reader => _read.Reader;

    /// <summary>For how long a push is of use; what was told before that is shown nowhere any more.</summary>
    public TimeSpan Life => TimeSpan.FromSeconds(options.Value.TtlSeconds);

    /// <summary>A push goes out: what is read from now on is remembered until its service has answered.</summary>
    public void Begin(QueueRow push)
    {
        lock (_gate)
        {
            if (Find(push.UserId, push.ConversationId) is { } told)
            {
                told.UnderWay++;
            }
        }
    }

    /// <summary>The service has answered; after each <see cref="Begin"/> once.</summary>
    public void End(QueueRow push, bool isTaken)
    {
        lock (_gate)
        {
            if (_told.TryGetValue((push.UserId, push.ConversationId), out var told))
            {
                told.UnderWay = Math.Max(0, told.UnderWay - 1);
                if (isTaken)
                {
                    told.Add(push.SubscriptionId, push.Seq, push.ExpiresAt);
                }
                Settle((push.UserId, push.ConversationId), told);
            }
        }
    }

    /// <summary>What an earlier process has told.</summary>
    public void Remember(Guid userId, Guid conversationId, long seq, Guid subscriptionId, DateTimeOffset until)
    {
        lock (_gate)
        {
            Find(userId, conversationId)?.Add(subscriptionId, seq, until);
        }
    }

    /// <summary>A user's read mark has moved. Once everything is read that devices were told of, they are told that.</summary>
    public void Read(Guid userId, Guid conversationId, long read)
    {
        lock (_gate)
        {
            if (_told.TryGetValue((userId, conversationId), out var told))
            {
                told.Read = Math.Max(told.Read, read);
                Settle((userId, conversationId), told);
            }
        }
    }

    private void Settle((Guid User, Guid Conversation) key, Told told)
    {
        if (told.Devices.Count > 0 && told.Read >= told.Seq)
        {
            if (told.Until > time.GetUtcNow())
            {
                _read.Writer.TryWrite(new ReadElsewhere(key.User, key.Conversation, told.Read, [.. told.Devices]));
            }
            told.Devices.Clear();
        }
        if (told.Devices.Count == 0 && told.UnderWay == 0)
        {
            _told.Remove(key);
        }
    }

    private Told? Find(Guid userId, Guid conversationId)
    {
        if (_told.TryGetValue((userId, conversationId), out var known))
        {
            return known;
        }
        if (_told.Count >= Most)
        {
            var now = time.GetUtcNow();
            foreach (var key in _told.Where(pair => pair.Value.UnderWay == 0 && pair.Value.Until <= now).Select(pair => pair.Key).ToList())
            {
                _told.Remove(key);
            }
        }
        return _told.Count >= Most ? null : _told[(userId, conversationId)] = new Told();
    }

    private sealed class Told
    {
        public HashSet<Guid> Devices { get; } = [];
        public long Seq { get; private set; }
        public long Read { get; set; }
        public int UnderWay { get; set; }
        public DateTimeOffset Until { get; private set; }

        public void Add(Guid device, long seq, DateTimeOffset until)
        {
            Devices.Add(device);
            Seq = Math.Max(Seq, seq);
            Until = until > Until ? until : Until;
        }
    }
}
