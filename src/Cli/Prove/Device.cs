using System.Net.WebSockets;
using System.Text.Json;
using ModularChat.Client;

namespace ModularChat.Cli.Prove;

/// <summary>Ways to receive.</summary>
internal enum Way
{
    WebSocket, LongPoll, Poll, Events,
}

/// <summary>
/// One device that hops: a few seconds on one node over one transport, then on another over another, with one cursor all the time. What goes wrong on
/// the way is nothing; what it has in the end is checked.
/// </summary>
internal sealed class Device(string who, string session, IReadOnlyList<Uri> servers, HttpMessageInvoker http, DeviceCopy copy, Proof proof, Random random, TimeProvider time)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(5), AnswerTimeout = TimeSpan.FromSeconds(10), Heartbeat = TimeSpan.FromSeconds(2);
    private volatile bool _away;

    public DeviceCopy Copy => copy;

    public string Who => who;

    /// <summary>Leaves, without a word, and comes back when it is false again.</summary>
    public bool IsAway
    {
        get => _away;
        set => _away = value;
    }

    /// <summary>Hops until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var (way, server, stay) = Draw();
            using var leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
            leave.CancelAfter(stay);
            try
            {
                if (_away)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(200), time, stop);
                    continue;
                }
                copy.Begin();
                await StayAsync(way, server, leave.Token);
            }
            catch (OperationCanceledException)
            {
                // Time for another one.
            }
            catch (ChatProblemException refused) when (refused.Problem.Code == "invalid_cursor")
            {
                copy.Forget();
            }
            catch (ChatProblemException refused) when (!refused.Problem.Retryable)
            {
                proof.Blame(Wrong.Refused, $"{who} by {way} at {server}: {refused.Message}");
            }
            catch (Exception broken) when (broken is HttpRequestException or WebSocketException or IOException or ChatProblemException or JsonException)
            {
                // Dead, cut off or draining: elsewhere it goes on.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50 + Next(300)), time, CancellationToken.None);
        }
    }

    /// <summary>Reads whatever is new, once; for the end of a run.</summary>
    public async Task CatchUpAsync(CancellationToken token)
    {
        copy.Begin();
        while (!await PollOnceAsync(servers[Next(servers.Count)], TimeSpan.Zero, token))
        {
        }
    }

    private (Way Way, Uri Server, TimeSpan Stay) Draw() => ((Way)Next(4), servers[Next(servers.Count)], TimeSpan.FromMilliseconds(2000 + Next(6000)));

    private int Next(int below)
    {
        lock (random)
        {
            return random.Next(below);
        }
    }

    private async Task StayAsync(Way way, Uri server, CancellationToken token)
    {
        switch (way)
        {
            case Way.WebSocket:
                await SocketAsync(server, token);
                break;
            case Way.Events:
                await EventsAsync(server, token);
                break;
            case Way.LongPoll:
                while (true)
                {
                    await PollOnceAsync(server, TimeSpan.FromSeconds(5), token);
                }
            default:
                while (true)
                {
                    if (await PollOnceAsync(server, TimeSpan.Zero, token))
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(700), time, token);
                    }
                }
        }
    }

    /// <summary>True when there is nothing more.</summary>
    private async Task<bool> PollOnceAsync(Uri server, TimeSpan wait, CancellationToken token)
    {
        var api = new ChatApi(http, server, new ChatCredentials(session));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(wait + AnswerTimeout);
        try
        {
            var page = await api.SyncAsync(copy.Cursor, wait: wait, token: limit.Token);
            await TakeAsync(api, page.Reset, page.Conversations, page.Cursor, limit.Token);
            return !page.More;
        }
        catch (OperationCanceledException late) when (!token.IsCancellationRequested)
        {
            throw new IOException("No answer in time.", late);
        }
    }

    private async Task SocketAsync(Uri server, CancellationToken token)
    {
        using var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        socket.Options.SetRequestHeader("Authorization", $"Bearer {session}");
        using (var opening = CancellationTokenSource.CreateLinkedTokenSource(token))
        {
            opening.CancelAfter(OpenTimeout);
            await socket.ConnectAsync(new UriBuilder(new Uri(server, "/api/v1/ws")) { Scheme = "ws" }.Uri, http, opening.Token);
        }
        await SayAsync(socket, copy.Cursor is { } cursor ? new { type = "hello", cursor } : new { type = "hello" }, token);
        var api = new ChatApi(http, server, new ChatCredentials(session));
        var buffer = new ArraySegment<byte>(new byte[16 * 1024]);
        using var frame = new MemoryStream();
        var beat = time.GetTimestamp();
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return;
            }
            frame.Write(buffer.Array!, 0, part.Count);
            if (!part.EndOfMessage)
            {
                continue;
            }
            await TakeAsync(api, JsonSerializer.Deserialize<Frame>(frame.GetBuffer().AsSpan(0, (int)frame.Length), Json)!, token);
            frame.SetLength(0);
            if (time.GetElapsedTime(beat) > Heartbeat)
            {
                beat = time.GetTimestamp();
                await SayAsync(socket, new { type = "heartbeat" }, token);
            }
        }
    }

    private static ValueTask SayAsync(ClientWebSocket socket, object frame, CancellationToken token) =>
        socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(frame).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, token);

    private async Task EventsAsync(Uri server, CancellationToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, "/api/v1/events"));
        request.Headers.Add("Authorization", $"Bearer {session}");
        if (copy.Cursor is { } cursor)
        {
            request.Headers.Add("Last-Event-ID", cursor);
        }
        using var response = await http.SendAsync(request, token);
        response.EnsureSuccessStatusCode();
        var api = new ChatApi(http, server, new ChatCredentials(session));
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(token));
        while (await lines.ReadLineAsync(token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                await TakeAsync(api, JsonSerializer.Deserialize<Frame>(line.AsSpan(6), Json)!, token);
            }
        }
    }

    private async Task TakeAsync(ChatApi api, Frame frame, CancellationToken token)
    {
        switch (frame.Type)
        {
            case "sync":
                await TakeAsync(api, frame.Reset, frame.Conversations!, frame.Cursor!, token);
                break;
            case "entry":
                copy.Take(frame.Entry!);
                break;
            case "cursor":
                copy.Take(frame.Cursor!);
                break;
            case "close" when frame.Code is 4103:
                copy.Forget();
                break;
        }
    }

    private async Task TakeAsync(ChatApi api, bool reset, IReadOnlyList<ConversationSync> conversations, string cursor, CancellationToken token)
    {
        if (reset)
        {
            // No engine loses what it has confirmed here, so there is no reason to begin anew.
            proof.Blame(Wrong.Lost, $"{who} was told that its history is gone");
        }
        foreach (var conversation in conversations)
        {
            var older = new List<Entry>();
            for (var at = conversation.Gap?.From - 1; at < conversation.Gap?.To;)
            {
                var page = await api.GetHistoryAsync(conversation.State.Id, after: at, limit: 200, token: token);
                older.AddRange(page.Entries.Where(entry => entry.Seq <= conversation.Gap!.To));
                at = page.Entries.Count == 0 ? conversation.Gap!.To : page.Entries[^1].Seq;
            }
            copy.Take(conversation, older);
        }
        copy.Take(cursor);
    }

    private sealed record Frame
    {
        public string Type { get; init; } = "";
        public bool Reset { get; init; }
        public Entry? Entry { get; init; }
        public ConversationSync[]? Conversations { get; init; }
        public string? Cursor { get; init; }
        public int? Code { get; init; }
    }
}
