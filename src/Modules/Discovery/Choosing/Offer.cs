using ModularChat.Discovery.Nodes;

namespace ModularChat.Discovery.Choosing;

/// <summary>One node, looked at for one caller.</summary>
internal struct Offer
{
    public Offer(Seat seat, double distanceKm, int answerers)
    {
        var record = seat.Record;
        Seat = seat;
        DistanceKm = distanceKm;
        // Others answer as many clients as this node does; what they promise is not known here.
        Used = record.Load.Connections + ((long)seat.Promised * answerers);
        Weight = Math.Max(0, record.Capacity - Used) * seat.Calm;
        Refused = WhyNot(record, seat.IsSelf, Used + answerers > record.Capacity);
    }

    public Seat Seat { get; }

    /// <summary>To the caller; of a region the same for all its nodes. Infinite when one of the two places is not known.</summary>
    public double DistanceKm { get; }

    /// <summary>Connections, and those on their way.</summary>
    public long Used { get; }

    public double Weight { get; }

    public readonly double Pressure => Used / (double)Seat.Record.Capacity / Seat.Calm;

    public string? Refused { get; }

    /// <summary>1 to 3 once it is picked.</summary>
    public int Rank { get; set; }

    public readonly bool IsOpen => Refused is null && Rank == 0;

    private static string? WhyNot(NodeRecord node, bool isSelf, bool isFull) =>
        // Whoever asks this node has found it, so it does listen.
        node.State == NodeState.Starting && !isSelf ? "starting"
        : node.State == NodeState.Draining ? "draining"
        : node.State == NodeState.Unhealthy ? "unhealthy"
        : node.Url.Length == 0 && !isSelf ? "no_url"
        : isFull ? "full"
        : null;
}
