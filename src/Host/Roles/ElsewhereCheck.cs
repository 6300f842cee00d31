using MediatR;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ModularChat.Contracts.Discovery;

namespace ModularChat.Host.Roles;

/// <summary>
/// Says which modules that are not loaded here no node has now. Never red: what this process can do without them it does, and all of its like would be red at once.
/// </summary>
internal sealed class ElsewhereCheck(IMediator mediator, LoadedModules loaded) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        List<string> missing = [];
        foreach (var module in ModuleList.Modules.Select(m => m.Section).Where(m => !loaded.Loads(m)))
        {
            if ((await mediator.Send(new FindNodes(LoadedModules.RoleOf(module)), cancellationToken)).Others.Length == 0)
            {
                missing.Add(module);
            }
        }
        return HealthCheckResult.Healthy(missing.Count == 0 ? null : $"no node has {string.Join(", ", missing)}: what needs it is refused with unavailable");
    }
}
