using ModularChat.Client.Folding;
using ModularChat.Client.Presences;

namespace ModularChat.Client.Connecting;

/// <summary>Long polling for what comes, one POST after another for what goes, so that order holds.</summary>
internal sealed class LongPollLink(ChatApi api, Replica replica, ILinkHandler handler, PresencePolling presence, TimeProvider time, TimeSpan lifetime) : ILink
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(25);
    private readonly CancellationTokenSource _ended = new();
    private long? _drafts;

    public async Task<LinkEnd> RunAsync(CancellationToken token)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, _ended.Token);
        var end = lifetime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : time.GetUtcNow() + lifetime;
        if (replica.Me == Guid.Empty)
        {
            replica.Me = (await api.GetMeAsync(either.Token)).Id;
        }
        var isLive = false;
        await using var timer = time.CreateTimer(_ => OnTick(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        try
        {
            while (time.GetUtcNow() < end)
            {
                var page = await SyncAsync(isLive, either.Token);
                await replica.ApplyAsync(page, either.Token);
                _drafts = page.Versions is { } versions ? versions.GetValueOrDefault("drafts") : _drafts;
                if (!page.More && !isLive)
                {
                    isLive = true;
                    handler.OnLive();
                }
            }
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return new LinkEnd(null);
        }
        catch (ChatProblemException refused) when (refused.Problem.Code == "unauthorized")
        {
            return new LinkEnd(4100, refused.Problem.Detail);
        }
        return new LinkEnd(4008);
    }

    public async Task SendAsync(PendingSend send, long frameId, CancellationToken token)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, _ended.Token);
        try
        {
            handler.OnAck(frameId, await api.SendPendingAsync(send, either.Token));
        }
        catch (ChatProblemException refused)
        {
            handler.OnProblem(frameId, refused.Problem);
        }
        catch (HttpRequestException)
        {
            handler.OnProblem(frameId, new ChatProblem("unavailable", Retryable: true));
        }
    }

    public async Task MarkAsync(Guid conversationId, long read, long frameId, CancellationToken token)
    {
        replica.Apply(conversationId, await api.MarkAsync(conversationId, null, read, token));
        handler.OnOk(frameId);
    }

    public Task TypingAsync(Guid conversationId, CancellationToken token) => api.TypingAsync(conversationId, token);

    public Task WatchAsync(PresenceWatch watch, long frameId, CancellationToken token)
    {
        presence.Tick(now: true, _ended.Token);
        return Task.CompletedTask;
    }

    public void Beat()
    {
        // What is sent over HTTP says that the user does something.
    }

    /// <summary>There is no word for it: the device counts as there until the server has waited for it.</summary>
    public Task GoodbyeAsync(CancellationToken token) => Task.CompletedTask;

    public void Abort() => _ended.Cancel();

    public ValueTask DisposeAsync()
    {
        _ended.Cancel();
        return ValueTask.CompletedTask;
    }

    private void OnTick()
    {
        handler.OnTick();
        presence.Tick(now: false, _ended.Token);
    }

    private async Task<SyncPage> SyncAsync(bool isLive, CancellationToken token)
    {
        try
        {
            return await api.SyncAsync(replica.Cursor, wait: isLive ? Wait : TimeSpan.Zero, token: token, drafts: _drafts);
        }
        catch (ChatProblemException refused) when (refused.Problem.Code == "invalid_cursor" && replica.Cursor is not null)
        {
            replica.ForgetCursor();
            return await api.SyncAsync(null, token: token);
        }
    }
}
