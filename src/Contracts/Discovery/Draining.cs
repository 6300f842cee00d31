using MediatR;

namespace ModularChat.Contracts.Discovery;

/// <summary>Administrators: asks a node, this or another, to send its clients away, to finish what is under way, and to end.</summary>
/// <param name="Caller">Must be an administrator.</param>
/// <param name="Id">The node.</param>
public sealed record DrainNode(Caller Caller, string Id) : IRequest<NodeInfo>;

/// <summary>Administrators: all nodes of the cluster as this one knows them.</summary>
/// <param name="Caller">Must be an administrator.</param>
public sealed record ListNodes(Caller Caller) : IRequest<NodeInfo[]>;

/// <summary>A node of the cluster.</summary>
/// <param name="Id">Its name.</param>
/// <param name="State">starting, up, unhealthy or draining.</param>
/// <param name="Roles">What it does.</param>
/// <param name="Url">Where clients reach it; empty when nobody has said.</param>
/// <param name="Region">Its region.</param>
/// <param name="Capacity">Connections that it is made for.</param>
/// <param name="Connections">Live connections.</param>
/// <param name="Cpu">Share of all its cores, 0 to 1.</param>
/// <param name="Queue">Work that waits in it.</param>
/// <param name="Version">Of its program.</param>
/// <param name="StartedAt">By its own clock.</param>
public sealed record NodeInfo(
    string Id, string State, string[] Roles, string Url, string? Region, int Capacity, int Connections, double Cpu, int Queue, string Version, DateTimeOffset StartedAt);

/// <summary>This node drains: from now on it is recommended to nobody. Sent by Host, at the begin of its end.</summary>
public sealed record LeaveDiscovery : IRequest<LeftDiscovery>;

/// <summary>What comes after.</summary>
/// <param name="HasOthers">Whether another node takes this one's clients.</param>
public sealed record LeftDiscovery(bool HasOthers);
