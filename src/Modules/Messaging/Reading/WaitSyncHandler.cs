using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Reading;

internal sealed class WaitSyncHandler(
    PresentedCursors cursors, SyncPages pages, Waiters waiters, IOptions<MessagingOptions> options, TimeProvider time, IMediator mediator)
    : IRequestHandler<WaitSync, SyncPage>
{
    public async Task<SyncPage> Handle(WaitSync request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        SyncHandler.CheckLimit(request.Limit);
        CheckTimeout(request.Timeout);
        var userId = request.Caller.UserId;
        // Waiting begins before the log is asked: what is stored in between wakes it.
        using var waiter = waiters.Enter(userId, request.Caller.SessionId);
        var (cursor, reset) = await cursors.TakeAsync(request.Caller, request.Cursor, cancellationToken);
        var page = await pages.ReadAsync(userId, cursor, request.Limit, reset, cancellationToken);
        if (IsEmpty(page) && !await HasNewDraftsAsync(request, cancellationToken))
        {
            page = await WaitAsync(waiter, request, cursor, cancellationToken) ?? page;
        }
        return page.More ? page : page with { Versions = await mediator.Send(new GetDataVersions(userId), cancellationToken) };
    }

    /// <summary>What changed between two polls woke nobody, and the cursor does not tell of it.</summary>
    private async Task<bool> HasNewDraftsAsync(WaitSync request, CancellationToken token) =>
        request.Drafts is { } known && (await mediator.Send(new GetDataVersions(request.Caller.UserId), token)).GetValueOrDefault("drafts") > known;

    private async Task<SyncPage?> WaitAsync(Waiter waiter, WaitSync request, Cursor? cursor, CancellationToken token)
    {
        await using var timer = time.CreateTimer(static state => ((Waiter)state!).EndWait(), waiter, request.Timeout, Timeout.InfiniteTimeSpan);
        await using var cancelling = token.UnsafeRegister(static state => ((Waiter)state!).Wake(), waiter);
        SyncPage page;
        do
        {
            await waiter.WaitAsync();
            token.ThrowIfCancellationRequested();
            // Also at the timeout: the next poll then starts from here and not from where this one did.
            page = await pages.ReadAsync(request.Caller.UserId, cursor, request.Limit, reset: false, token);
        }
        while (IsEmpty(page) && !waiter.IsOver);
        return page;
    }

    private void CheckTimeout(TimeSpan timeout)
    {
        var longest = options.Value.MaxWaitSeconds;
        if (timeout < TimeSpan.Zero || timeout > TimeSpan.FromSeconds(longest))
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"wait is 0 to {longest} seconds.") { Field = "wait", Limit = longest };
        }
    }

    private static bool IsEmpty(SyncPage page) => page is { Reset: false, More: false, Conversations.Length: 0 };
}
