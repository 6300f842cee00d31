using System.Text.Json;
using System.Text.Json.Nodes;
using ModularChat.Client;
using ModularChat.Client.Folding;
using ModularChat.Client.Wire;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Hub;

internal enum Way
{
    Poll, LongPoll, Events, WebSocket, SignalR,
}

/// <summary>
/// One device that folds what it gets, over whichever transport, with one cursor. It mends nothing but what was before it came into a
/// conversation: nothing is lost on these connections, so that a hole is a fault of the server.
/// </summary>
internal sealed class Hopper(Uri server, ChatUser user, ChatApi api)
{
    private readonly Dictionary<Guid, ConversationFold> _folds = [];
    private readonly HashSet<Guid> _cameIn = [];

    public string? Cursor { get; private set; }

    public IReadOnlyDictionary<Guid, ConversationFold> Folds => _folds;

    /// <summary>Frames and pages that came, by transport.</summary>
    public Dictionary<Way, int> Came { get; } = [];

    /// <summary>Entries that came again: a connection ends after more than its last cursor said.</summary>
    public int Doubled { get; private set; }

    public int CursorFrames { get; private set; }

    /// <summary>Versions of the general data that this device was told of.</summary>
    public Dictionary<string, long> Versions { get; } = new(StringComparer.Ordinal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public bool Has(Guid conversation, long seq) => _folds.TryGetValue(conversation, out var fold) && fold.Have >= seq;

    /// <summary>Pages of a sync; with few entries a page, an unfinished one may be left for the next transport to finish.</summary>
    public async Task PollAsync(int limit, int pages, TimeSpan wait)
    {
        for (var more = true; more && pages > 0; pages--)
        {
            var page = await api.SyncAsync(Cursor, limit, wait, token: Token);
            await TakeAsync(wait == TimeSpan.Zero ? Way.Poll : Way.LongPoll, page);
            more = page.More;
        }
    }

    /// <summary>Reads live until it has what it waits for, and then drops the connection with whatever is on its way.</summary>
    public async Task LiveAsync(Way way, Func<Task<Func<bool>>> meanwhile)
    {
        switch (way)
        {
            case Way.Events:
                // Nothing may be on before the stream: what is done meanwhile falls into its opening.
                var writing = meanwhile();
                await using (var stream = await EventStream.OpenAsync(user.Http, Token, Cursor))
                {
                    await ReadAsync(way, async () => (await stream.ReadAsync(Token))?.Data, writing);
                }
                break;
            case Way.WebSocket:
                await using (var socket = await RawSocket.OpenAsync(server, Token))
                {
                    writing = meanwhile();
                    await socket.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = user.Token, ["cursor"] = Cursor }, Token);
                    await ReadAsync(way, () => socket.ReceiveAsync(Token), writing);
                }
                break;
            case Way.SignalR:
                await using (var hub = await HubClient.ConnectAsync(server, user.Token, Token))
                {
                    writing = meanwhile();
                    (await hub.AskAsync("Hello", new { cursor = Cursor }, Token))["type"]!.GetValue<string>().ShouldBe("ok");
                    await ReadAsync(way, () => hub.ReceiveAsync(Token), writing);
                }
                break;
        }
    }

    /// <summary>Stays connected until <paramref name="leave"/>, and then drops the connection with whatever is on its way.</summary>
    public async Task StayAsync(Way way, Task leave)
    {
        switch (way)
        {
            case Way.Events:
                await using (var stream = await EventStream.OpenAsync(user.Http, Token, Cursor))
                {
                    await ReadUntilAsync(way, async () => (await stream.ReadAsync(Token))?.Data, leave);
                }
                break;
            case Way.WebSocket:
                await using (var socket = await RawSocket.OpenAsync(server, Token))
                {
                    await socket.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = user.Token, ["cursor"] = Cursor }, Token);
                    await ReadUntilAsync(way, () => socket.ReceiveAsync(Token), leave);
                }
                break;
            case Way.SignalR:
                await using (var hub = await HubClient.ConnectAsync(server, user.Token, Token))
                {
                    (await hub.AskAsync("Hello", new { cursor = Cursor }, Token))["type"]!.GetValue<string>().ShouldBe("ok");
                    await ReadUntilAsync(way, () => hub.ReceiveAsync(Token), leave);
                }
                break;
            case Way.LongPoll:
                while (!leave.IsCompleted)
                {
                    await PollAsync(limit: 500, pages: 100, TimeSpan.FromSeconds(1));
                }
                break;
            default:
                while (!leave.IsCompleted)
                {
                    await PollAsync(limit: 500, pages: 100, TimeSpan.Zero);
                    await Task.WhenAny(leave, Task.Delay(TimeSpan.FromMilliseconds(200), Token));
                }
                break;
        }
    }

    /// <summary>Reads what came to be seen only later (rule 7), so that the whole can be compared.</summary>
    public async Task ReadGapsAsync()
    {
        foreach (var fold in _folds.Values)
        {
            foreach (var gap in fold.Gaps.ToArray())
            {
                for (var at = gap.From - 1; at < gap.To;)
                {
                    var page = await api.GetHistoryAsync(fold.State.Id, after: at, limit: 200, token: Token);
                    fold.ApplyOlder(page);
                    at = page is { More: true, Entries: [.., { Seq: var last }] } ? last : gap.To!.Value;
                }
            }
        }
    }

    public string[] Show() => [.. _folds.OrderBy(f => f.Key).SelectMany(f => Show(f.Value))];

    public static IEnumerable<string> Show(ConversationFold fold)
    {
        var state = fold.State;
        yield return $"{state.Id} {state.Title} have {fold.Have} gaps {fold.Gaps.Count} role {state.Me.Role} read {state.Me.Read} unread {state.Me.Unread}";
        foreach (var member in (state.Members ?? []).OrderBy(m => m.UserId))
        {
            yield return $"  {member.UserId} {member.Role}";
        }
        foreach (var entry in fold.Timeline)
        {
            yield return $"  {entry.Seq} {entry.Kind} {entry.Text} deleted {entry.IsDeleted} changed {entry.Changed} edited {entry.EditedAt}"
                + $" {string.Join(' ', (entry.Reactions ?? []).Select(group => group.Emoji + string.Join(',', group.UserIds)))}";
        }
    }

    private async Task ReadAsync(Way way, Func<Task<JsonNode?>> next, Task<Func<bool>> writing)
    {
        var live = false;
        Func<bool>? isThere = null;
        while (!live || isThere is null || !isThere())
        {
            var frame = (await next() ?? throw new InvalidOperationException($"{way} ended")).Deserialize(ClientJson.Default.ServerFrame)!;
            live |= frame.Type == FrameType.Live;
            await TakeAsync(way, frame);
            // What was written is known a moment after it may have come.
            isThere ??= live ? await writing : null;
        }
        await writing;
    }

    private async Task ReadUntilAsync(Way way, Func<Task<JsonNode?>> next, Task leave)
    {
        while (true)
        {
            var reading = next();
            if (await Task.WhenAny(reading, leave) == leave && !reading.IsCompleted)
            {
                // It ends with the connection, and nobody is left to look at it.
                _ = reading.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                return;
            }
            await TakeAsync(way, (await reading ?? throw new InvalidOperationException($"{way} ended")).Deserialize(ClientJson.Default.ServerFrame)!);
        }
    }

    private async Task TakeAsync(Way way, ServerFrame frame)
    {
        Came[way] = Came.GetValueOrDefault(way) + 1;
        switch (frame.Type)
        {
            case FrameType.Sync:
                await TakeAsync(way, new SyncPage(frame.Reset ?? false, frame.Conversations!, frame.Cursor!, frame.More ?? false, frame.Versions));
                break;
            case FrameType.Cursor:
                Cursor = frame.Cursor;
                CursorFrames++;
                break;
            case FrameType.Conversation:
                var state = frame.State!.Value.Deserialize(ClientJson.Default.ConversationState)!;
                Fold(state.Id).ApplyState(state);
                _cameIn.Add(state.Id);
                break;
            case FrameType.Entry:
                var outcome = _folds[frame.Entry!.ConversationId].Apply(frame.Entry);
                if (outcome == FoldOutcome.Hole && _cameIn.Remove(frame.Entry.ConversationId))
                {
                    await MendAsync(frame.Entry);
                }
                else if (outcome is not (FoldOutcome.Applied or FoldOutcome.Duplicate))
                {
                    var at = _folds[frame.Entry.ConversationId];
                    throw new InvalidOperationException($"{outcome} on {way} of {user.Name}: {frame.Entry} after {at.Have} in {at.State}, ranges {string.Join(',', at.State.Me.Ranges ?? [])}");
                }
                Doubled += outcome == FoldOutcome.Duplicate ? 1 : 0;
                break;
            case FrameType.Me:
                _folds[frame.ConversationId!.Value].ApplyMe(frame.State!.Value.Deserialize(ClientJson.Default.OwnState)!);
                break;
            case FrameType.Marks:
                _folds[frame.ConversationId!.Value].ApplyMarks(frame.Marks!);
                break;
            case FrameType.Versions:
                Note(frame.Versions);
                break;
            case FrameType.Hello or FrameType.Live or FrameType.Heartbeat or FrameType.Typing:
                break;
            default:
                throw new InvalidOperationException($"{frame.Type} on {way}: {frame.Problem?.Code}");
        }
    }

    /// <summary>Who comes in may see what was before: no frame brings it, history does.</summary>
    private async Task MendAsync(Entry entry)
    {
        var fold = _folds[entry.ConversationId];
        while (fold.Have < entry.Seq)
        {
            if (fold.ApplyHistory(await api.GetHistoryAsync(entry.ConversationId, after: fold.Have, limit: 200, token: Token), entry.Seq - 1))
            {
                fold.Apply(entry).ShouldBeOneOf(FoldOutcome.Applied, FoldOutcome.Duplicate);
            }
        }
    }

    private async Task TakeAsync(Way way, SyncPage page)
    {
        page.Reset.ShouldBeFalse();
        Came[way] = Came.GetValueOrDefault(way) + page.Conversations.Count;
        foreach (var conversation in page.Conversations)
        {
            var fold = Fold(conversation.State.Id);
            Doubled += conversation.Entries.Count(entry => entry.Seq <= fold.Have);
            fold.ApplyState(conversation.State);
            // A gap is stated, and mended from history as any client does; a hole is neither.
            while (conversation.Gap is { To: { } last } && fold.Have < last)
            {
                fold.ApplyHistory(await api.GetHistoryAsync(conversation.State.Id, after: fold.Have, limit: 200, token: Token), last);
            }
            fold.ApplyPage(conversation).ShouldNotBe(FoldOutcome.Hole);
        }
        Note(page.Versions);
        Cursor = page.Cursor;
    }

    private void Note(IReadOnlyDictionary<string, long>? versions)
    {
        foreach (var (subject, version) in versions ?? new Dictionary<string, long>(StringComparer.Ordinal))
        {
            Versions[subject] = Math.Max(version, Versions.GetValueOrDefault(subject));
        }
    }

    private ConversationFold Fold(Guid id)
    {
        if (!_folds.TryGetValue(id, out var fold))
        {
            _folds.Add(id, fold = new ConversationFold(user.Id, 100_000));
        }
        return fold;
    }
}
