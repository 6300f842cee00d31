using ModularChat.Client.Connecting;
using ModularChat.Client.Folding;
using ModularChat.Client.Presences;
using ModularChat.Client.Sending;

namespace ModularChat.Client;

/// <summary>
/// One device of one user: stays connected, catches up, sends again what was not confirmed, and folds what comes into conversations.
/// Thousands fit into one process; give them one <see cref="ChatClientOptions.Http"/>.
/// </summary>
public sealed partial class ChatClient : IAsyncDisposable
{
    private readonly ChatClientOptions _options;
    private readonly HttpMessageInvoker _http;
    private readonly EventHub _events;
    private readonly Replica _replica;
    private readonly Outbox _outbox;
    private readonly ServerFinder _finder;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _starting = new();
    private readonly TaskCompletionSource _live = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _running;

    /// <summary>Makes a client; <see cref="ConnectAsync"/> starts it.</summary>
    public ChatClient(ChatClientOptions options)
    {
        _options = options;
        _http = options.Http ?? new HttpMessageInvoker(new SocketsHttpHandler());
        _events = new EventHub(options.MaxBufferedEvents, options.OnEvent);
        _outbox = new Outbox(options.InFlight);
        _presences = new PresenceBook(_events, options.Time);
        Api = new ChatApi(_http, options.Url, new ChatCredentials(options.Token ?? options.ApplicationKey, options.ActAs));
        _finder = new ServerFinder(options, Api);
        _replica = new Replica(options, Api, _events, _outbox.Seen, id => _outbox.For(id)) { Me = options.ActAs ?? Guid.Empty };
    }

    /// <summary>The same user's HTTP requests.</summary>
    public ChatApi Api { get; }

    /// <summary>Who this is; known once connected.</summary>
    public Guid UserId => _replica.Me;

    /// <summary>State of the connection.</summary>
    public ConnectionState State { get; private set; }

    /// <summary>Why the last connection ended or could not be opened; null once entries come again. While it is retryable the client goes on trying.</summary>
    public ChatProblem? LastProblem { get; private set; }

    /// <summary>Every conversation with its folded state.</summary>
    public IReadOnlyList<ConversationSnapshot> Conversations => _replica.All();

    /// <summary>Requests that the server has not confirmed.</summary>
    public int PendingCount => _outbox.Count;

    /// <summary><see cref="State"/> changed. Called on the connection's own loop.</summary>
    public event EventHandler? StateChanged;

    /// <summary>A conversation with its folded state; null when it is not known.</summary>
    public ConversationSnapshot? Find(Guid conversationId) => _replica.Find(conversationId);

    /// <summary>
    /// Connects and catches up; completes once entries come as they happen. From then on the client comes back by itself. While the server
    /// cannot be reached it goes on trying, until <paramref name="token"/> ends the wait.
    /// </summary>
    /// <exception cref="ChatProblemException">The server does not want this client, for example <c>unauthorized</c>.</exception>
    public async Task ConnectAsync(CancellationToken token = default)
    {
        lock (_starting)
        {
            _running ??= Task.Run(() => RunAsync(_closing.Token), CancellationToken.None);
        }
        await _live.Task.WaitAsync(token);
    }

    /// <summary>
    /// Sends a message; completes when the server has it on disk, however often the connection breaks meanwhile. It is in the outbox at once.
    /// Cancelling ends the wait, not the sending.
    /// </summary>
    /// <exception cref="ChatProblemException">The server refused it for good.</exception>
    public Task<Stored> SendAsync(Guid conversationId, string text, long? replyTo = null, CancellationToken token = default) =>
        SendAsync(new PendingSend(ClientIds.New(), conversationId, PendingAction.Send, text, replyTo), token);

    /// <summary>Replaces the text of one's own message.</summary>
    public Task<Stored> EditAsync(Guid conversationId, long seq, string text, CancellationToken token = default) =>
        SendAsync(new PendingSend(ClientIds.New(), conversationId, PendingAction.Edit, text, Target: seq), token);

    /// <summary>Deletes a message for all.</summary>
    public Task<Stored> DeleteAsync(Guid conversationId, long seq, CancellationToken token = default) =>
        SendAsync(new PendingSend(ClientIds.New(), conversationId, PendingAction.Delete, Target: seq), token);

    /// <summary>Puts a reaction on a message, or takes one's own away.</summary>
    public Task<Stored> ReactAsync(Guid conversationId, long seq, string emoji, bool remove = false, CancellationToken token = default) =>
        SendAsync(new PendingSend(ClientIds.New(), conversationId, PendingAction.React, Target: seq, Emoji: emoji, Remove: remove), token);

    /// <summary>Sends a request that was made elsewhere; its id makes it safe to repeat.</summary>
    public async Task<Stored> SendAsync(PendingSend send, CancellationToken token = default)
    {
        await _options.Store.AddPendingAsync(send, token);
        var done = FinishAsync(_outbox.Add(send), send);
        _events.Publish(new SendPending(send));
        Pump();
        return await done.WaitAsync(token);
    }

    /// <summary>Says that the user has read everything up to a seq. Sent again until the server has it.</summary>
    public Task MarkReadAsync(Guid conversationId, long seq, CancellationToken token = default)
    {
        token.ThrowIfCancellationRequested();
        lock (_marks)
        {
            _marks[conversationId] = (Math.Max(seq, _marks.GetValueOrDefault(conversationId).Read), 0);
        }
        Pump();
        return Task.CompletedTask;
    }

    /// <summary>Says that the user is typing; at most every three seconds goes out, and nothing while there is no connection.</summary>
    public async Task TypingAsync(Guid conversationId, CancellationToken token = default)
    {
        if (_link is not { } link || State != ConnectionState.Live)
        {
            return;
        }
        lock (_marks)
        {
            if (_typedAt.TryGetValue(conversationId, out var at) && _options.Time.GetElapsedTime(at) < TimeSpan.FromSeconds(3))
            {
                return;
            }
            _typedAt[conversationId] = _options.Time.GetTimestamp();
        }
        await link.TypingAsync(conversationId, token);
    }

    /// <summary>Reads older entries; they go into the folded state too, as far as it keeps entries.</summary>
    public async Task<HistoryPage> HistoryAsync(Guid conversationId, long? before = null, long? after = null, int limit = 50, CancellationToken token = default)
    {
        var page = await Api.GetHistoryAsync(conversationId, before, after, limit, token);
        _replica.ApplyOlder(conversationId, page);
        return page;
    }

    /// <summary>Everything that happens from now on. Call it before <see cref="ConnectAsync"/> to see what the first sync brings too.</summary>
    public IAsyncEnumerable<ChatEvent> EventsAsync(CancellationToken token = default) => _events.Read(token);

    /// <summary>Entries from now on, in seq order within each conversation, each once, across all reconnects.</summary>
    public IAsyncEnumerable<Entry> EntriesAsync(CancellationToken token = default) => Entries(_events.Read(token));

    /// <summary>Breaks the connection and comes back: for when the network is known to have changed.</summary>
    public void Reconnect() => _link?.Abort();

    /// <summary>Closes the connection. What was not confirmed stays in the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        if (_running is { } running)
        {
            await running;
        }
        _live.TrySetCanceled(CancellationToken.None);
        _outbox.Abandon(new OperationCanceledException("The client was closed."));
        _events.Complete();
        if (_options.Http is null)
        {
            _http.Dispose();
        }
    }

    private static async IAsyncEnumerable<Entry> Entries(IAsyncEnumerable<ChatEvent> events)
    {
        await foreach (var what in events)
        {
            if (what is EntryReceived { Entry: var entry })
            {
                yield return entry;
            }
        }
    }

    private async Task<Stored> FinishAsync(Task<Stored> done, PendingSend send)
    {
        try
        {
            var stored = await done;
            await _options.Store.RemovePendingAsync(send.ClientMessageId, CancellationToken.None);
            return stored;
        }
        catch (ChatProblemException) when (!_outbox.IsAbandoned)
        {
            await _options.Store.RemovePendingAsync(send.ClientMessageId, CancellationToken.None);
            throw;
        }
    }
}
