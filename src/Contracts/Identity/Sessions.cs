using MediatR;

namespace ModularChat.Contracts.Identity;

/// <summary>Who holds this credential: a session token or an application key. Answered from memory for at most 30 seconds after the last look at the store.</summary>
/// <param name="Token">What came in the Authorization header, without <c>Bearer</c>.</param>
/// <param name="ActAs">With an application key: the user to act as, by id; null to act as the application itself.</param>
public sealed record Authenticate(string Token, Guid? ActAs = null) : IRequest<Authenticated?>, IRepeatable
{
    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(Authenticate);
}

/// <summary>A valid credential.</summary>
/// <param name="Caller">On whose behalf it acts.</param>
/// <param name="ExpiresAt">When the session ends unless it is used; null for application keys.</param>
/// <param name="Scopes">What an application key may do; null for sessions.</param>
public sealed record Authenticated(Caller Caller, DateTimeOffset? ExpiresAt, string[]? Scopes = null);

/// <summary>What an application key may do.</summary>
public static class ApplicationScopes
{
    /// <summary>Create users and change their profiles.</summary>
    public const string Users = "users";
    /// <summary>Mint and revoke session tokens.</summary>
    public const string Sessions = "sessions";
    /// <summary>Create conversations and change their members, as any user.</summary>
    public const string Conversations = "conversations";
    /// <summary>Send, edit, delete and react, as any user.</summary>
    public const string Messages = "messages";
    /// <summary>All scopes.</summary>
    public static readonly string[] All = [Users, Sessions, Conversations, Messages];
}

/// <summary>A session is over: logged out, signed out elsewhere, revoked, expired, or its user removed. Its connections close.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="UserId">Its user.</param>
/// <param name="DeviceId">Its device.</param>
public sealed record SessionEnded(Guid SessionId, Guid UserId, Guid DeviceId) : IClusterEvent;

/// <summary>The devices on which users have a session that is not over. For other modules; users who have none are left out.</summary>
/// <param name="UserIds">At most 1,000.</param>
public sealed record ListLiveDevices(Guid[] UserIds) : IRequest<LiveDevices[]>, IRepeatable;

/// <summary>The devices of one user.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="DeviceIds">Those with a session.</param>
public sealed record LiveDevices(Guid UserId, Guid[] DeviceIds);
