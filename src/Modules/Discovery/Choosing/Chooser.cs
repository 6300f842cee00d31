using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery.Nodes;

namespace ModularChat.Discovery.Choosing;

/// <summary>
/// Picks servers: the nearest region with room, in it two drawn by their free capacity, of which the emptier one is taken. What it
/// answers counts at once, so that a storm of reconnects does not all go where a moment ago it was empty.
/// </summary>
internal sealed class Chooser(NodeTable table, Geography geography, IOptions<DiscoveryOptions> options, TimeProvider time, Random random)
{
    private const int Picks = 3;

    /// <summary>Clients that have not come after so long do not come.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(5);

    private readonly int[] _picked = new int[Picks];
    private Offer[] _offers = [];

    /// <summary>The server for a caller, and how it was found.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.NoServer"/> when no node takes clients.</exception>
    public ServerChoice Choose(CallerPlace caller, bool explain)
    {
        lock (table.Gate)
        {
            var offers = Look(caller);
            var count = Pick(offers);
            if (count == 0)
            {
                throw new ChatException(ProblemCodes.NoServer, "No server takes connections now: all are full, or stop.")
                {
                    // Spread: everybody who is told this comes back.
                    RetryAfter = TimeSpan.FromSeconds(2 + (3 * random.NextDouble())),
                };
            }
            offers[_picked[0]].Seat.Promise();
            var first = offers[_picked[0]].Seat.Record;
            var alternatives = new ServerAddress[count - 1];
            for (var i = 0; i < alternatives.Length; i++)
            {
                var other = offers[_picked[i + 1]].Seat.Record;
                alternatives[i] = new ServerAddress(other.Url, other.Region);
            }
            return new ServerChoice(first.Url, first.Region, options.Value.AnswerSeconds, alternatives, explain ? Explain(caller, offers) : null);
        }
    }

    private Span<Offer> Look(CallerPlace caller)
    {
        var now = time.GetTimestamp();
        var seats = table.Seats;
        if (_offers.Length < seats.Count)
        {
            _offers = new Offer[seats.Count * 2];
        }
        var answerers = 0;
        foreach (var seat in seats)
        {
            answerers += seat.Record is { IsApi: true, State: NodeState.Up or NodeState.Unhealthy } ? 1 : 0;
        }
        var count = 0;
        (string? Region, double Distance) last = (null, 0);
        foreach (var seat in seats)
        {
            var node = seat.Record;
            if (node.IsGateway)
            {
                var distance = node.Region is not null && node.Region == last.Region && geography.Of(node.Region) is not null ? last.Distance : Distance(caller, node);
                last = (node.Region, distance);
                seat.Settle(time, now, OnTheWay);
                _offers[count++] = new Offer(seat, distance, Math.Max(1, answerers));
            }
        }
        return _offers.AsSpan(0, count);
    }

    private double Distance(CallerPlace caller, NodeRecord node)
    {
        if (caller.Region is not null && caller.Region == node.Region)
        {
            return 0;
        }
        if (caller is { Place: null, Region: null })
        {
            return double.PositiveInfinity;
        }
        // Of a region that is configured all nodes are equally far, wherever exactly they stand.
        return caller.Place is { } here && (geography.Of(node.Region) ?? CallerPlaces.PlaceOf(node)) is { } there
            ? here.KilometresTo(there)
            : double.PositiveInfinity;
    }

    /// <summary>Gives out ranks; the third goes to another region when there is one, for the day on which all of the first is gone.</summary>
    private int Pick(Span<Offer> offers)
    {
        for (var rank = 1; rank <= Picks; rank++)
        {
            var avoid = rank == Picks ? offers[_picked[0]].DistanceKm : double.NaN;
            var index = PickNearest(offers, avoid);
            index = index < 0 && rank == Picks ? PickNearest(offers, double.NaN) : index;
            if (index < 0)
            {
                return rank - 1;
            }
            offers[index].Rank = rank;
            _picked[rank - 1] = index;
        }
        return Picks;
    }

    /// <summary>The better of two that are drawn from the nearest with room; -1 when there is none.</summary>
    private int PickNearest(Span<Offer> offers, double avoid)
    {
        var nearest = double.NaN;
        var total = 0.0;
        foreach (ref var offer in offers)
        {
            if (!offer.IsOpen || offer.DistanceKm == avoid || offer.DistanceKm > nearest)
            {
                continue;
            }
            total = offer.DistanceKm == nearest ? total + offer.Weight : offer.Weight;
            nearest = offer.DistanceKm;
        }
        if (double.IsNaN(nearest))
        {
            return -1;
        }
        var (one, two) = (Draw(offers, nearest, total), Draw(offers, nearest, total));
        return offers[one].Pressure <= offers[two].Pressure ? one : two;
    }

    private int Draw(Span<Offer> offers, double distance, double total)
    {
        var left = random.NextDouble() * total;
        var last = -1;
        for (var i = 0; i < offers.Length; i++)
        {
            if (offers[i].IsOpen && offers[i].DistanceKm == distance)
            {
                last = i;
                left -= offers[i].Weight;
                if (left < 0)
                {
                    return i;
                }
            }
        }
        return last;
    }

    private static ServerExplanation Explain(CallerPlace caller, Span<Offer> offers)
    {
        var candidates = new ServerCandidate[offers.Length];
        for (var i = 0; i < offers.Length; i++)
        {
            var offer = offers[i];
            var node = offer.Seat.Record;
            // Of the chosen one the score is shown that it was chosen by, and so without the caller.
            candidates[i] = new ServerCandidate(
                node.Id, node.Url, node.Region, offer.Rank, offer.Refused, double.IsFinite(offer.DistanceKm) ? Math.Round(offer.DistanceKm, 1) : null,
                node.Capacity, node.Load.Connections, offer.Seat.Promised - (offer.Rank == 1 ? 1 : 0), node.Load.Cpu, node.Load.Queue,
                Math.Round(offer.Seat.Calm, 3), Math.Round(offer.Weight, 1), Math.Round(offer.Pressure, 4));
        }
        Array.Sort(candidates, (a, b) =>
            ((a.DistanceKm ?? double.MaxValue), a.Id).CompareTo(((b.DistanceKm ?? double.MaxValue), b.Id)));
        return new ServerExplanation(caller.By, caller.Place?.Latitude, caller.Place?.Longitude, caller.Region, candidates);
    }
}
