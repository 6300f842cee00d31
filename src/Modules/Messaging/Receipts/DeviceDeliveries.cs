using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Receipts;

/// <summary>
/// What single devices have said lately that they have, and who waits for what of it. In memory, of the devices that speak with this process: what it forgets is told to
/// nobody, and whoever waits takes it for not delivered.
/// </summary>
internal sealed class DeviceDeliveries(IMediator mediator, TimeProvider time)
{
    private const int MostDevices = 100_000, MostMarks = 32, MostAwaited = 64;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid User, Guid Device), Device> _devices = [];

    /// <summary>A device has everything up to these positions.</summary>
    public Task HasAsync(Caller caller, long[] positions, CancellationToken token)
    {
        List<DeliveryNoted> noted;
        lock (_gate)
        {
            var device = Find(caller.UserId, caller.DeviceId ?? Guid.Empty);
            device.Positions = positions;
            noted = device.Take(caller.UserId);
        }
        return TellAsync(noted, token);
    }

    /// <summary>A device has everything of a conversation up to this seq.</summary>
    public Task HasAsync(Caller caller, Guid conversationId, long seq, CancellationToken token)
    {
        List<DeliveryNoted> noted;
        lock (_gate)
        {
            var device = Find(caller.UserId, caller.DeviceId ?? Guid.Empty);
            if (device.Marks.Count >= MostMarks)
            {
                device.Marks.Clear();
            }
            device.Marks[conversationId] = Math.Max(seq, device.Marks.GetValueOrDefault(conversationId));
            noted = device.Take(caller.UserId);
        }
        return TellAsync(noted, token);
    }

    public Task AwaitAsync(DeliveryAwaited awaited, CancellationToken token)
    {
        var noted = new List<DeliveryNoted>();
        var until = time.GetTimestamp() + (long)(Life.TotalSeconds * time.TimestampFrequency);
        lock (_gate)
        {
            foreach (var id in awaited.DeviceIds)
            {
                var device = Find(awaited.UserId, id);
                device.Awaited.RemoveAll(one => one.Until < time.GetTimestamp());
                if (device.Awaited.Count < MostAwaited)
                {
                    device.Awaited.Add((awaited, until));
                }
                noted.AddRange(device.Take(awaited.UserId));
            }
        }
        return TellAsync(noted, token);
    }

    private async Task TellAsync(List<DeliveryNoted> noted, CancellationToken token)
    {
        foreach (var one in noted)
        {
            await mediator.Publish(one, token);
        }
    }

    private Device Find(Guid userId, Guid deviceId)
    {
        if (_devices.TryGetValue((userId, deviceId), out var known))
        {
            return known;
        }
        if (_devices.Count >= MostDevices)
        {
            _devices.Clear();
        }
        return _devices[(userId, deviceId)] = new Device();
    }

    private sealed class Device
    {
        public long[] Positions { get; set; } = [];

        public Dictionary<Guid, long> Marks { get; } = [];

        public List<(DeliveryAwaited What, long Until)> Awaited { get; } = [];

        /// <summary>What was awaited and is there.</summary>
        public List<DeliveryNoted> Take(Guid userId)
        {
            if (Awaited.Count == 0)
            {
                return [];
            }
            var there = Awaited.FindAll(one => Has(one.What));
            Awaited.RemoveAll(one => Has(one.What));
            return there.ConvertAll(one => new DeliveryNoted(userId, one.What.ConversationId, one.What.Seq));
        }

        private bool Has(DeliveryAwaited what) =>
            (Positions.Length > 0 && Positions[Ids.Shard(what.ConversationId, Positions.Length)] >= what.Position) || Marks.GetValueOrDefault(what.ConversationId) >= what.Seq;
    }
}

internal sealed class DeliveryAwaitedHandler(DeviceDeliveries devices) : INotificationHandler<DeliveryAwaited>
{
    public Task Handle(DeliveryAwaited notification, CancellationToken cancellationToken) => devices.AwaitAsync(notification, cancellationToken);
}
