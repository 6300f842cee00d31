using System.Net;
using System.Text;
using ModularChat.Client;
using ModularChat.Client.Folding;

namespace ModularChat.UnitTests.Client;

/// <summary>What the copy asks the server for when frames do not fit together.</summary>
public sealed class ReplicaTests : IDisposable
{
    private static readonly Guid Me = Guid.Parse("00000000-0000-7000-8000-00000000000a"), Conversation = Guid.Parse("00000000-0000-7000-8000-0000000000ff");
    private readonly List<ChatEvent> _events = [];
    private readonly Answers _answers = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _answers.Dispose();

    [Fact]
    public async Task A_live_entry_outside_the_known_ranges_makes_it_read_the_conversation_first()
    {
        var replica = Make();
        replica.Apply(State(2, MemberRole.None, 1, new SeqRange(1, 2)));
        await replica.ApplyAsync(Message(1), Token);
        await replica.ApplyAsync(Message(2), Token);
        _answers.Conversation = $$"""
            {"id":"{{Conversation}}","kind":"group","title":"Team","head":6,"stateSeq":5,"memberCount":2,
             "me":{"role":"member","ranges":[{"from":1,"to":2},{"from":5}],"delivered":0,"read":0,"unread":2,"version":2} }
            """;
        _answers.History = $$"""{"entries":[{{Json(5)}},{{Json(6)}}],"more":false}""";

        await replica.ApplyAsync(Message(6), Token);

        _answers.Asked.ShouldBe([$"/api/v1/conversations/{Conversation}", $"/api/v1/conversations/{Conversation}/messages?after=2&limit=200"]);
        _events.OfType<EntryReceived>().Select(received => received.Entry.Seq).ShouldBe([1L, 2, 5, 6]);
        var seen = replica.Find(Conversation).ShouldNotBeNull();
        (seen.State.Me.Role, seen.State.Me.Unread, seen.Have, seen.Gaps.Count).ShouldBe((MemberRole.Member, 2, 6, 1));
        seen.Gaps.ShouldBe([new SeqRange(1, 2)], "what changed while the reader was out is read again");
    }

    [Fact]
    public async Task Ranges_that_grow_below_what_is_here_are_told_as_a_gap()
    {
        var replica = Make();
        replica.Apply(State(6, MemberRole.Member, 1, new SeqRange(6)));
        await replica.ApplyAsync(Message(6), Token);
        _events.OfType<GapLeft>().ShouldBeEmpty();

        replica.Apply(State(6, MemberRole.Member, 2, new SeqRange(1)));

        _events.OfType<GapLeft>().ShouldHaveSingleItem().ShouldBe(new GapLeft(Conversation, new SeqRange(1, 6)));
        replica.Find(Conversation)!.Gaps.ShouldBe([new SeqRange(1, 6)]);
        replica.ApplyOlder(Conversation, new HistoryPage([.. Enumerable.Range(1, 6).Select(seq => Message(seq))], false));
        replica.Find(Conversation)!.Gaps.ShouldBeEmpty();
        replica.Find(Conversation)!.Timeline.Select(entry => entry.Seq).ShouldBe([1L, 2, 3, 4, 5, 6]);
    }

    private Replica Make()
    {
        var options = new ChatClientOptions { Url = new Uri("http://127.0.0.1") };
        var api = new ChatApi(new HttpMessageInvoker(_answers), options.Url, ChatCredentials.None);
        return new Replica(options, api, new EventHub(100, _events.Add), _ => { }, _ => []) { Me = Me };
    }

    private static ConversationState State(long head, MemberRole role, long version, params SeqRange[] ranges) =>
        new(Conversation, ConversationKind.Group, head, 1, new OwnState(role, ranges, 0, 0, 0, version), 2, "Team");

    private static Entry Message(long seq) => new() { ConversationId = Conversation, Seq = seq, Kind = EntryKind.Message, Number = seq, Body = new EntryBody { Text = $"{seq}" } };

    private static string Json(long seq) =>
        $$$"""{"conversationId":"{{{Conversation}}}","seq":{{{seq}}},"kind":"message","senderId":"{{{Guid.Empty}}}","at":"2026-01-01T00:00:00Z","number":{{{seq}}},"body":{"text":"{{{seq}}}"}}""";

    private sealed class Answers : HttpMessageHandler
    {
        public List<string> Asked { get; } = [];
        public string? Conversation { get; set; }
        public string? History { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!.PathAndQuery);
            var text = request.RequestUri.AbsolutePath.EndsWith("/messages", StringComparison.Ordinal) ? History : Conversation;
            return Task.FromResult(new HttpResponseMessage(text is null ? HttpStatusCode.NotFound : HttpStatusCode.OK)
            {
                Content = new StringContent(text ?? "", Encoding.UTF8, "application/json"),
            });
        }
    }
}
