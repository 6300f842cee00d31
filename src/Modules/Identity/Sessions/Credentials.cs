using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Identity.Memory;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Sessions;

/// <summary>Who holds which token, from memory or from the store.</summary>
internal sealed class Credentials(IdentityStore store, TimeProvider time, IOptions<IdentityOptions> options)
{
    private readonly ShortMemory<TokenKey, Holder> _holders = new(time, options.Value.CachedSessions);
    private readonly ShortMemory<Guid, bool> _users = new(time, options.Value.CachedSessions);

    /// <summary>The holder of a token; null when it is wrong or revoked. A session may have expired: its holder is told all the same.</summary>
    public async Task<Holder?> FindAsync(string token, CancellationToken cancellation)
    {
        var isSession = Tokens.Is(Tokens.Session, token);
        if (!isSession && !Tokens.Is(Tokens.Application, token))
        {
            return null;
        }
        var hash = Tokens.Hash(token);
        var key = TokenKey.Of(hash);
        if (_holders.TryGet(key, out var held))
        {
            return held;
        }
        var stamp = _holders.Stamp();
        var found = isSession ? await FindSessionAsync(hash, cancellation) : await FindApplicationAsync(hash, cancellation);
        if (found is not null)
        {
            _holders.Keep(key, found, stamp);
        }
        return found;
    }

    public async Task<bool> IsUserAsync(Guid userId, CancellationToken cancellation)
    {
        if (_users.TryGet(userId, out var isUser))
        {
            return isUser;
        }
        var stamp = _users.Stamp();
        isUser = await store.ReadAsync(userId, db => db.Users.AnyAsync(user => user.Id == userId, cancellation), cancellation);
        if (isUser)
        {
            _users.Keep(userId, isUser, stamp);
        }
        return isUser;
    }

    /// <summary>The session was prolonged.</summary>
    public void Prolong(string token, Holder holder) => _holders.Keep(TokenKey.Of(Tokens.Hash(token)), holder, _holders.Stamp());

    public void ForgetSession(Guid sessionId) => _holders.ForgetWhere((_, holder) => holder.Caller.SessionId == sessionId);

    public void ForgetApplication(Guid applicationId) => _holders.ForgetWhere((_, holder) => holder.Caller.ApplicationId == applicationId);

    private Task<Holder?> FindSessionAsync(byte[] hash, CancellationToken cancellation) =>
        store.ReadByTokenAsync(
            hash,
            async db =>
            {
                var session = await db.Sessions.SingleOrDefaultAsync(row => row.TokenHash == hash, cancellation);
                return session is not null
                    && await db.Users.Where(user => user.Id == session.UserId).Select(user => (bool?)user.IsAdministrator).SingleOrDefaultAsync(cancellation) is { } isAdministrator
                    ? new Holder(
                        new Caller(session.UserId, session.DeviceId, session.Id, IsAdministrator: isAdministrator),
                        session.LastUsedAt,
                        session.ExpiresAt)
                    : null;
            },
            cancellation);

    private Task<Holder?> FindApplicationAsync(byte[] hash, CancellationToken cancellation) =>
        store.ReadDirectoryAsync(
            async db =>
            {
                var found = await db.Applications.SingleOrDefaultAsync(application => application.KeyHash == hash && application.RevokedAt == null, cancellation);
                return found is null
                    ? null
                    : new Holder(new Caller(Guid.Empty, ApplicationId: found.Id, Scopes: found.Scopes.Split(' ')), default, null);
            },
            cancellation);

    /// <summary>A token is known by its hash in memory too.</summary>
    private readonly record struct TokenKey(UInt128 High, UInt128 Low)
    {
        public static TokenKey Of(ReadOnlySpan<byte> hash) => new(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }
}

/// <summary>Who holds a token.</summary>
/// <param name="Caller">On whose behalf it acts, before Act-As.</param>
/// <param name="LastUsedAt">When the store last heard of its use.</param>
/// <param name="ExpiresAt">Null: never.</param>
internal sealed record Holder(Caller Caller, DateTimeOffset LastUsedAt, DateTimeOffset? ExpiresAt);
