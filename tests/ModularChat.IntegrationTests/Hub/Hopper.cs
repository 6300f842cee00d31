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
/// One device that folds what it gets, over whichever transport, with one cursor. It mends nothing: nothing is lost on these
/// connections, so that a hole is a fault of the server.
/// </summary>
internal sealed class Hopper(Uri server, ChatUser user, ChatApi api)
{
    private readonly Dictionary<Guid, ConversationFold> _folds = [];

    public string? Cursor { get; private set; }

    public IReadOnlyDictionary<Guid, ConversationFold> Folds => _folds;

    /// <summary>Frames and pages that came, by transport.</summary>
    public Dictionary<Way, int> Came { get; } = [];

    /// <summary>Entries that came again: a connection ends after more than its last cursor said.</summary>
    public int Doubled { get; private set; }

    public int CursorFrames { get; private set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public bool Has(Guid conversation, long seq) => _folds.TryGetValue(conversation, out var fold) && fold.Have >= seq;

    /// <summary>Pages of a sync; with few entries a page, an unfinished one may be left for the next transport to finish.</summary>
    public async Task PollAsync(int limit, int pages, TimeSpan wait)
    {
        for (var more = true; more && pages > 0; pages--)
        {
            var page = await api.SyncAsync(Cursor, limit, wait, Token);
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

    private async Task TakeAsync(Way way, ServerFrame frame)
    {
        Came[way] = Came.GetValueOrDefault(way) + 1;
        switch (frame.Type)
        {
            case FrameType.Sync:
                await TakeAsync(way, new SyncPage(frame.Reset ?? false, frame.Conversations!, frame.Cursor!, frame.More ?? false));
                break;
            case FrameType.Cursor:
                Cursor = frame.Cursor;
                CursorFrames++;
                break;
            case FrameType.Conversation:
                var state = frame.State!.Value.Deserialize(ClientJson.Default.ConversationState)!;
                Fold(state.Id).ApplyState(state);
                break;
            case FrameType.Entry:
                var outcome = _folds[frame.Entry!.ConversationId].Apply(frame.Entry);
                outcome.ShouldBeOneOf(FoldOutcome.Applied, FoldOutcome.Duplicate);
                Doubled += outcome == FoldOutcome.Duplicate ? 1 : 0;
                break;
            case FrameType.Me:
                _folds[frame.ConversationId!.Value].ApplyMe(frame.State!.Value.Deserialize(ClientJson.Default.OwnState)!);
                break;
            case FrameType.Marks:
                _folds[frame.ConversationId!.Value].ApplyMarks(frame.Marks!);
                break;
            case FrameType.Hello or FrameType.Live or FrameType.Heartbeat:
                break;
            default:
                throw new InvalidOperationException($"{frame.Type} on {way}: {frame.Problem?.Code}");
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
        Cursor = page.Cursor;
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
