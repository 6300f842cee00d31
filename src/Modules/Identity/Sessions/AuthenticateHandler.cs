using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Sessions;

internal sealed partial class AuthenticateHandler(
    Credentials credentials, Changes changes, IdentityStore store, LastSeen lastSeen, TimeProvider time, IOptions<IdentityOptions> options, ILogger<AuthenticateHandler> logger)
    : IRequestHandler<Authenticate, Authenticated?>
{
    // A use is written down at most this often, so that a busy session does not write at each request.
    private static readonly TimeSpan WriteEvery = TimeSpan.FromHours(1);

    public async Task<Authenticated?> Handle(Authenticate request, CancellationToken cancellationToken)
    {
        var holder = await credentials.FindAsync(request.Token, cancellationToken);
        return holder switch
        {
            null => null,
            { ExpiresAt: { } expiresAt } => request.ActAs is null ? await UseAsync(request.Token, holder, expiresAt, cancellationToken) : null,
            _ => await ActAsync(holder, request.ActAs, cancellationToken),
        };
    }

    private async Task<Authenticated?> ActAsync(Holder holder, Guid? actAs, CancellationToken token) =>
        actAs is not { } userId
            ? new Authenticated(holder.Caller, null, holder.Caller.Scopes)
            : await credentials.IsUserAsync(userId, token)
                ? new Authenticated(holder.Caller with { UserId = userId }, null, holder.Caller.Scopes)
                : null;

    private async Task<Authenticated?> UseAsync(string secret, Holder holder, DateTimeOffset expiresAt, CancellationToken token)
    {
        var now = time.GetUtcNow();
        if (now >= expiresAt)
        {
            await ExpireAsync(holder.Caller, token);
            return null;
        }
        lastSeen.Note(holder.Caller.UserId, holder.Caller.SessionId!.Value, now);
        if (now - holder.LastUsedAt >= WriteEvery)
        {
            expiresAt = now.AddDays(options.Value.SessionDays);
            try
            {
                var userId = holder.Caller.UserId;
                var prolonged = await store.WriteAsync(
                    Scope.Of(userId),
                    work => work.Of(userId).Sessions.Where(session => session.Id == holder.Caller.SessionId)
                        .ExecuteUpdateAsync(
                            set => set.SetProperty(session => session.LastUsedAt, now).SetProperty(session => session.ExpiresAt, expiresAt), token),
                    token);
                if (prolonged == 0)
                {
                    credentials.ForgetSession(holder.Caller.SessionId!.Value);
                    return null;
                }
                credentials.Prolong(secret, holder with { LastUsedAt = now, ExpiresAt = expiresAt });
            }
            catch (ChatException e) when (e.Code == ProblemCodes.StorageUnavailable)
            {
                // A store that cannot write must not keep people from reading; the next use tries again.
                Log.NotProlonged(logger, e);
            }
        }
        return new Authenticated(holder.Caller, expiresAt);
    }

    private Task<int> ExpireAsync(Caller caller, CancellationToken token) =>
        changes.MakeAsync(
            Scope.Of(caller.UserId),
            (work, events) => SessionIssue.EndAsync(work.Of(caller.UserId), caller.UserId, session => session.Id == caller.SessionId, events, token), token);

    private static partial class Log
    {
        [LoggerMessage(1201, LogLevel.Warning, "The use of a session could not be written down")]
        public static partial void NotProlonged(ILogger logger, Exception e);
    }
}

internal sealed class ForgetEndedSession(Credentials credentials, LastSeen lastSeen) : INotificationHandler<SessionEnded>
{
    public Task Handle(SessionEnded notification, CancellationToken cancellationToken)
    {
        credentials.ForgetSession(notification.SessionId);
        lastSeen.Forget(notification.SessionId);
        return Task.CompletedTask;
    }
}
