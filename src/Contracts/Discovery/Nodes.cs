using MediatR;

namespace ModularChat.Contracts.Discovery;

/// <summary>How this process does; sent about once a second by Host, from the moment it listens. It is told to the other nodes when it has changed much.</summary>
/// <param name="Connections">Live connections.</param>
/// <param name="Cpu">Share of all cores that the process uses, 0 to 1.</param>
/// <param name="Queue">Work that waits for a thread.</param>
/// <param name="IsHealthy">Whether it is ready by its own checks.</param>
/// <param name="Version">Of the program.</param>
/// <param name="InternalUrl">Where other nodes reach it; empty: they do not.</param>
public sealed record ReportLoad(int Connections, double Cpu, int Queue, bool IsHealthy, string Version, string InternalUrl = "") : IRequest<Unit>;

/// <summary>The public URLs of the nodes that hold connections, as far as they have one; for a page that may connect to them.</summary>
public sealed record GetServerUrls : IRequest<string[]>;

/// <summary>An administrator has asked this node to drain: it sends its clients away and ends.</summary>
/// <param name="Id">This node.</param>
public sealed record NodeAskedToDrain(string Id) : INotification;

/// <summary>What this process does, as the other nodes see it; registered by Host.</summary>
/// <param name="Names">With <c>all</c>, everything.</param>
public sealed record NodeRoles(string[] Names);

/// <summary>The other nodes that have a role and can be asked by this one, as they are known here last. Answered from memory.</summary>
/// <param name="Role">The role.</param>
public sealed record FindNodes(string Role) : IRequest<NodeList>;

/// <summary>Nodes that can be asked.</summary>
/// <param name="Self">This one.</param>
/// <param name="Others">The others, in no order. One that drains is there only when there is no other.</param>
public sealed record NodeList(NodeAddress Self, NodeAddress[] Others);

/// <summary>Where a node is asked, and how busy it is.</summary>
/// <param name="Id">The node.</param>
/// <param name="Instance">Its process.</param>
/// <param name="Url">Its internal address.</param>
/// <param name="Cpu">Share of all its cores, 0 to 1.</param>
/// <param name="Queue">Work that waits in it.</param>
public sealed record NodeAddress(string Id, Guid Instance, string Url, double Cpu, int Queue);
