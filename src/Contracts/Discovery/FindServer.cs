using MediatR;

namespace ModularChat.Contracts.Discovery;

/// <summary>The chat server for a caller: of the nearest region that has room, one with much free capacity. Answered from memory.</summary>
/// <param name="Latitude">Where the caller is, in degrees, -90 to 90; with <paramref name="Longitude"/> or not at all.</param>
/// <param name="Longitude">In degrees, -180 to 180.</param>
/// <param name="Region">The caller's region, when it knows one.</param>
/// <param name="ProxyRegion">The region that a trusted proxy has stated; one that is not known is passed over.</param>
/// <param name="ProxyCoordinates">The same as <c>latitude,longitude</c>.</param>
/// <param name="Address">The caller's address, for the table of networks and for the rate limit.</param>
/// <param name="Explain">Whether to say how it was chosen.</param>
public sealed record FindServer(
    double? Latitude, double? Longitude, string? Region, string? ProxyRegion, string? ProxyCoordinates, string? Address, bool Explain) : IRequest<ServerChoice>;

/// <summary>Where to connect.</summary>
/// <param name="Url">The server's public URL; empty: the one that was asked.</param>
/// <param name="Region">Its region, when it has one.</param>
/// <param name="TtlSeconds">How long the answer may be used.</param>
/// <param name="Alternatives">At most two others, to be tried in this order.</param>
/// <param name="Explanation">How it was chosen, when that was asked for.</param>
public sealed record ServerChoice(string Url, string? Region, int TtlSeconds, ServerAddress[] Alternatives, ServerExplanation? Explanation = null);

/// <summary>A server that a client may connect to.</summary>
/// <param name="Url">Its public URL; empty: the one that was asked.</param>
/// <param name="Region">Its region, when it has one.</param>
public sealed record ServerAddress(string Url, string? Region);

/// <summary>How a server was chosen.</summary>
/// <param name="PlaceBy">How the caller's place was found: parameters, header, network, server (the one that was asked) or nothing.</param>
/// <param name="Latitude">The place.</param>
/// <param name="Longitude">The place.</param>
/// <param name="Region">The caller's region, when it is known.</param>
/// <param name="Candidates">Every server that was looked at, nearest first.</param>
public sealed record ServerExplanation(string PlaceBy, double? Latitude, double? Longitude, string? Region, ServerCandidate[] Candidates);

/// <summary>One server that was looked at, with the parts of its score.</summary>
/// <param name="Id">The node.</param>
/// <param name="Url">Its public URL; empty: the one that was asked.</param>
/// <param name="Region">Its region.</param>
/// <param name="Rank">1: chosen; 2 and 3: the alternatives; 0: none of them.</param>
/// <param name="Refused">Why it cannot be chosen: starting, draining, unhealthy, full or no_url; null when it can.</param>
/// <param name="DistanceKm">From the caller to its region; null when one of the two places is not known.</param>
/// <param name="Capacity">Connections that it is made for.</param>
/// <param name="Connections">Connections that it has told.</param>
/// <param name="Promised">Connections that answers have sent to it since.</param>
/// <param name="Cpu">Its share of all its cores, 0 to 1.</param>
/// <param name="Queue">Work that waits in it.</param>
/// <param name="Calm">1: neither processor nor queue is busy; towards 0: they are.</param>
/// <param name="Weight">Free capacity times calm: how likely it is drawn.</param>
/// <param name="Pressure">Used share of its capacity, over calm: of two that were drawn the lower one is taken.</param>
public sealed record ServerCandidate(
    string Id, string Url, string? Region, int Rank, string? Refused, double? DistanceKm, int Capacity, int Connections, int Promised,
    double Cpu, int Queue, double Calm, double Weight, double Pressure);
