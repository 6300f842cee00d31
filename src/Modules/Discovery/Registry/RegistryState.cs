using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ModularChat.Discovery.Nodes;

namespace ModularChat.Discovery.Registry;

/// <summary>How this node stands with the registry.</summary>
internal sealed class RegistryState(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long? _lostAt;
    private bool _taken;

    /// <summary>The registry answered.</summary>
    /// <param name="isOurs">False when another process holds this node's place.</param>
    /// <returns>Whether it was away before, and whether the place changed hands.</returns>
    public (bool WasLost, bool HasTurned) Answered(bool isOurs)
    {
        lock (_gate)
        {
            var before = (_lostAt is not null, _taken == isOurs);
            (_lostAt, _taken) = (null, !isOurs);
            return before;
        }
    }

    /// <summary>The registry did not answer; true the first time.</summary>
    public bool Lost()
    {
        lock (_gate)
        {
            var isFirst = _lostAt is null;
            _lostAt ??= time.GetTimestamp();
            return isFirst;
        }
    }

    /// <summary>One sentence for health.</summary>
    public string Describe(string registry, int nodes)
    {
        lock (_gate)
        {
            var known = string.Create(CultureInfo.InvariantCulture, $"{registry}, {nodes} {(nodes == 1 ? "node" : "nodes")}");
            return _lostAt is { } lost
                ? string.Create(CultureInfo.InvariantCulture, $"{known} as last known: the registry does not answer since {time.GetElapsedTime(lost).TotalSeconds:F0} s.")
                : _taken ? $"{known}: another process has this node's id, so this one is not in the registry." : known;
        }
    }
}

/// <summary>
/// Tells about the registry and is not red without it: a node then serves with what it knew last, and taking it out of service would make one failure two. Red is
/// only a node that drains, so that a load balancer that asks sends it nothing new.
/// </summary>
internal sealed class RegistryCheck(RegistryState state, NodeTable table, IOptions<DiscoveryOptions> options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(table.IsDraining
            ? HealthCheckResult.Unhealthy("This node drains.")
            : HealthCheckResult.Healthy(state.Describe(options.Value.Registry, table.Count)));
}
