using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.Leases;

/// <summary>Whether a connection is the caller's.</summary>
internal static class OwnConnection
{
    /// <summary>Another's connection and one that is not there are refused alike.</summary>
    public static async ValueTask RequireAsync(ILeases leases, Caller caller, Guid connectionId, CancellationToken token)
    {
        caller.Require(ApplicationScopes.Users);
        if ((await leases.FindAsync(connectionId, token))?.UserId != caller.UserId
            && !(await leases.OfAsync(caller.UserId, token)).Any(lease => lease.ConnectionId == connectionId))
        {
            throw new ChatException(ProblemCodes.NotFound, "The caller has no such connection.");
        }
    }
}
