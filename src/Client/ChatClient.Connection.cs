using ModularChat.Client.Connecting;
using ModularChat.Client.Presences;

namespace ModularChat.Client;

/// <summary>Coming back, and sending what waits.</summary>
public sealed partial class ChatClient : ILinkHandler
{
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(20), OpenTimeoutOfMany = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollBeforeNextTry = TimeSpan.FromMinutes(2), AskTimeout = TimeSpan.FromSeconds(10), ShortLife = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _pumping = new(1, 1);
    private readonly Dictionary<Guid, (long Read, long FrameId)> _marks = [];
    private readonly Dictionary<Guid, long> _typedAt = [];
    private volatile ILink? _link;
    private bool _mayPump;
    private long _frameId, _liveAt;
    private int _notOpened, _brokenEarly;
    private ChatProblem? _stated;

    private async Task RunAsync(CancellationToken token)
    {
        var backoff = new Backoff(_options.Random);
        try
        {
            await RestoreAsync(token);
            while (!token.IsCancellationRequested)
            {
                var end = await ConnectOnceAsync(backoff, token);
                if (end.Code == CloseRules.BadCursor)
                {
                    _replica.ForgetCursor();
                }
                else if (end.Code is null && await IsUnauthorizedAsync(token))
                {
                    end = new LinkEnd(CloseRules.Unauthorized);
                }
                var rule = CloseRules.For(end.Code);
                if (rule == ComeBack.Never)
                {
                    Refuse(new ChatProblemException(CloseRules.Problem(end.Code!.Value, end.Refusal?.Detail ?? end.Reason)));
                    return;
                }
                if (rule == ComeBack.AtOnce && (_liveAt == 0 || _options.Time.GetElapsedTime(_liveAt) < ShortLife))
                {
                    rule = ComeBack.Backoff;
                }
                LastProblem = end.Problem;
                SetState(ConnectionState.Waiting);
                var delay = backoff.Next(rule);
                var asked = TimeSpan.FromMilliseconds(end.Refusal?.RetryAfterMs ?? 0);
                await Task.Delay(delay > asked ? delay : asked, _options.Time, token);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // Closed by the application.
        }
        catch (Exception broken)
        {
            // The store failed: without it nothing can be promised.
            Refuse(broken);
            return;
        }
        SetState(ConnectionState.Closed);
    }

    /// <summary>One connection from its opening to its end.</summary>
    private async Task<LinkEnd> ConnectOnceAsync(Backoff backoff, CancellationToken token)
    {
        SetState(ConnectionState.Connecting);
        _liveAt = 0;
        _stated = null;
        if (!IsToPoll())
        {
            try
            {
                var servers = await _finder.FindAsync(token);
                foreach (var server in servers.SkipLast(1))
                {
                    if (await TryLinkAsync(NewSocket(server, OpenTimeoutOfMany), isLast: false, backoff, token) is { } end)
                    {
                        return end;
                    }
                }
                return (await TryLinkAsync(NewSocket(servers[^1], OpenTimeout), isLast: true, backoff, token))!;
            }
            catch (ChatProblemException none)
            {
                return new LinkEnd(null, none.Problem.Detail, none.Problem);
            }
        }
        _notOpened = 0;
        var polling = new PresencePolling(Api, _replica, _presences, _options.Time);
        var poll = new LongPollLink(Api, _replica, this, polling, _options.Time, _options.Transport == Transport.LongPoll ? Timeout.InfiniteTimeSpan : PollBeforeNextTry);
        return (await TryLinkAsync(poll, isLast: true, backoff, token))!;
    }

    /// <summary>One try of one server; null when it could not be opened and another one may do.</summary>
    private async Task<LinkEnd?> TryLinkAsync(ILink link, bool isLast, Backoff backoff, CancellationToken token)
    {
        try
        {
            _link = link;
            var end = await link.RunAsync(token);
            // Opened, and broken before it was of any use: once is chance, several times in a row is something on the way.
            _brokenEarly = end.Code is null && _liveAt == 0 ? _brokenEarly + 1 : 0;
            _notOpened = _brokenEarly > 0 ? _notOpened + 1 : 0;
            return end with { Refusal = end.Refusal ?? _stated };
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            throw;
        }
        catch (LinkNotOpenException failed) when (!isLast && failed.IsOfThisServer)
        {
            return null;
        }
        catch (LinkNotOpenException failed)
        {
            // A server that is down or busy says nothing about WebSockets; an odd answer does.
            _notOpened = failed.IsUnreachable || failed.Status is 401 or 429 or >= 500 ? _notOpened : _notOpened + (failed.Status is null ? 1 : 3);
            return new LinkEnd(
                failed.Status == 401 ? CloseRules.Unauthorized : null,
                failed.Status is { } status ? $"The server answered {status} instead of opening a WebSocket." : "The server could not be reached.",
                failed.Status == 404 ? CloseRules.OtherVersion : null);
        }
        catch (ChatProblemException refused)
        {
            return new LinkEnd(refused.Problem.Code == "unauthorized" ? CloseRules.Unauthorized : null, refused.Problem.Detail, refused.Problem);
        }
        catch (Exception broken)
        {
            return new LinkEnd(null, broken.Message);
        }
        finally
        {
            if (_liveAt != 0)
            {
                backoff.Reset();
            }
            await DetachAsync(link);
        }
    }

    /// <summary>
    /// A wrong token is told by a close code, which something on the way may swallow. Connections that break again and again
    /// before they are live make the client ask over HTTP.
    /// </summary>
    private async Task<bool> IsUnauthorizedAsync(CancellationToken token)
    {
        if (_brokenEarly < 2)
        {
            return false;
        }
        using var timeout = new CancellationTokenSource(AskTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, timeout.Token);
        try
        {
            await Api.GetMeAsync(either.Token);
            return false;
        }
        catch (Exception failed) when (!token.IsCancellationRequested)
        {
            // Any other failure says nothing about the token.
            return failed is ChatProblemException { Problem.Code: "unauthorized" };
        }
    }

    /// <summary>Where something on the way does not let WebSockets through, long polling works, and later it is worth another try.</summary>
    private bool IsToPoll() => _options.Transport == Transport.LongPoll || (_options.Transport == Transport.Auto && _notOpened >= 3);

    private WebSocketLink NewSocket(Uri server, TimeSpan openTimeout) => new(_options, server, openTimeout, _options.WebSocketHttp ?? _http, _replica, _presences, this);

    private async Task DetachAsync(ILink link)
    {
        _mayPump = false;
        if (!_closing.IsCancellationRequested)
        {
            link.Abort();
        }
        await link.DisposeAsync();
        // The pump may be in the middle of a send on the old connection; what it took must not count as in flight on the next.
        await _pumping.WaitAsync(CancellationToken.None);
        _link = null;
        _outbox.Lost();
        _presences.Lost();
        lock (_marks)
        {
            foreach (var id in _marks.Keys.ToArray())
            {
                _marks[id] = (_marks[id].Read, 0);
            }
        }
        _pumping.Release();
    }

    private async Task RestoreAsync(CancellationToken token)
    {
        var stored = await _options.Store.LoadAsync(token);
        _replica.Restore(stored);
        foreach (var send in stored.Outbox)
        {
            _ = IgnoreAsync(FinishAsync(_outbox.Add(send), send));
        }
    }

    private void Refuse(Exception reason)
    {
        LastProblem = (reason as ChatProblemException)?.Problem ?? new ChatProblem("failed", Detail: reason.Message);
        SetState(ConnectionState.Refused);
        _live.TrySetException(reason);
        _outbox.Abandon(reason);
    }

    private void SetState(ConnectionState state)
    {
        if (State != state)
        {
            State = state;
            StateChanged?.Invoke(this, EventArgs.Empty);
            _events.Publish(new ConnectionChanged(state, state is ConnectionState.Waiting or ConnectionState.Refused ? LastProblem : null));
        }
    }

    private void Pump()
    {
        if (_mayPump)
        {
            _ = PumpAsync();
        }
    }

    /// <summary>Sends what waits, one after another: the order in which it was asked for is the order in which the server gets it.</summary>
    private async Task PumpAsync()
    {
        await _pumping.WaitAsync();
        var link = _link;
        try
        {
            while (_mayPump && link is not null)
            {
                var id = ++_frameId;
                if (_outbox.Next(id, _options.Time.GetUtcNow()) is { } send)
                {
                    await link.SendAsync(send, id, _closing.Token);
                }
                else if (NextMark(id) is var (conversation, read))
                {
                    await link.MarkAsync(conversation, read, id, _closing.Token);
                }
                else if (_presences.Next(id) is { } watch)
                {
                    await link.WatchAsync(watch, id, _closing.Token);
                }
                else
                {
                    break;
                }
            }
        }
        catch (Exception)
        {
            // The connection is gone or as good as gone; everything goes again on the next one.
            link?.Abort();
        }
        finally
        {
            _pumping.Release();
        }
    }

    private (Guid Conversation, long Read)? NextMark(long frameId)
    {
        lock (_marks)
        {
            foreach (var (conversation, mark) in _marks)
            {
                if (mark.FrameId == 0)
                {
                    _marks[conversation] = (mark.Read, frameId);
                    return (conversation, mark.Read);
                }
            }
            return null;
        }
    }

    /// <summary>Nobody of this run waits for it; the events tell.</summary>
    private static async Task IgnoreAsync(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    void ILinkHandler.OnLive()
    {
        _liveAt = _options.Time.GetTimestamp();
        _brokenEarly = 0;
        LastProblem = null;
        _mayPump = true;
        SetState(ConnectionState.Live);
        _live.TrySetResult();
        Pump();
    }

    void ILinkHandler.OnAck(long frameId, Stored stored)
    {
        _outbox.Acked(frameId, stored);
        Pump();
    }

    void ILinkHandler.OnOk(long frameId)
    {
        lock (_marks)
        {
            foreach (var (conversation, mark) in _marks)
            {
                if (mark.FrameId == frameId)
                {
                    _marks.Remove(conversation);
                    break;
                }
            }
        }
    }

    void ILinkHandler.OnProblem(long? frameId, ChatProblem problem)
    {
        if (frameId is null)
        {
            _stated = problem;
            return;
        }
        ((ILinkHandler)this).OnOk(frameId.Value);
        if (_presences.Refused(frameId.Value, problem))
        {
            return;
        }
        if (_outbox.Refused(frameId.Value, problem, _options.Time.GetUtcNow()) is { } failed)
        {
            _events.Publish(new SendFailed(failed, problem));
        }
        Pump();
    }

    void ILinkHandler.OnTick() => Pump();
}
