using MediatR;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Notifications.Deciding;

/// <summary>
/// Which entries the active devices have got that pushes wait for. Of all nodes each hears it, because any of them may be the one that sends. In memory: who does not know, pushes.
/// </summary>
internal sealed class AwaitedDeliveries(TimeProvider time)
{
    private const int Most = 100_000;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(3);

    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid User, Guid Conversation), (long Seq, long At)> _noted = [];

    public void Note(DeliveryNoted noted)
    {
        lock (_gate)
        {
            if (_noted.Count >= Most)
            {
                foreach (var old in _noted.Where(pair => time.GetElapsedTime(pair.Value.At) > Life).Select(pair => pair.Key).ToList())
                {
                    _noted.Remove(old);
                }
                if (_noted.Count >= Most)
                {
                    _noted.Clear();
                }
            }
            var key = (noted.UserId, noted.ConversationId);
            _noted[key] = (Math.Max(noted.Seq, _noted.GetValueOrDefault(key).Seq), time.GetTimestamp());
        }
    }

    public bool Has(Guid userId, Guid conversationId, long seq)
    {
        lock (_gate)
        {
            return _noted.TryGetValue((userId, conversationId), out var noted) && noted.Seq >= seq;
        }
    }
}

internal sealed class DeliveryNotedHandler(AwaitedDeliveries awaited) : INotificationHandler<DeliveryNoted>
{
    public Task Handle(DeliveryNoted notification, CancellationToken cancellationToken)
    {
        awaited.Note(notification);
        return Task.CompletedTask;
    }
}
