using MediatR;

namespace ModularChat.Contracts.Discovery;

/// <summary>How this process does; sent about once a second by Host, from the moment it listens. It is told to the other nodes when it has changed much.</summary>
/// <param name="Connections">Live connections.</param>
/// <param name="Cpu">Share of all cores that the process uses, 0 to 1.</param>
/// <param name="Queue">Work that waits for a thread.</param>
/// <param name="IsHealthy">Whether it is ready by its own checks.</param>
/// <param name="Version">Of the program.</param>
public sealed record ReportLoad(int Connections, double Cpu, int Queue, bool IsHealthy, string Version) : IRequest<Unit>;

/// <summary>The public URLs of the nodes that hold connections, as far as they have one; for a page that may connect to them.</summary>
public sealed record GetServerUrls : IRequest<string[]>;

/// <summary>An administrator has asked this node to drain: it sends its clients away and ends.</summary>
/// <param name="Id">This node.</param>
public sealed record NodeAskedToDrain(string Id) : INotification;

/// <summary>What this process does, as the other nodes see it; registered by Host.</summary>
/// <param name="Names">With <c>all</c>, everything.</param>
public sealed record NodeRoles(string[] Names);
