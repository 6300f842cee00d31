using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.SignalR.Protocol;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Gateway;
using ModularChat.Host.Gateway.Inbound;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.UnitTests.Gateway;

public sealed class FrameTests
{
    [Theory]
    [InlineData("7")]
    [InlineData("\"a-7\"")]
    [InlineData("\"\\u00e9\"")]
    public void The_answer_carries_the_id_as_it_came(string id)
    {
        var frame = FrameRouter.Read(Encoding.UTF8.GetBytes($$"""{"type":"heartbeat","id":{{id}}}"""));
        Text(Frames.Ok(frame.Id!)).ShouldBe($$"""{"type":"ok","id":{{id}}}""");
    }

    [Theory]
    [InlineData("", "malformed_json")]
    [InlineData("null", "malformed_json")]
    [InlineData("[]", "malformed_json")]
    [InlineData("{\"type\":5}", "malformed_json")]
    [InlineData("{\"type\":\"send\",\"seq\":\"1\"}", "malformed_json")]
    [InlineData("{\"type\":\"send\",\"seq\":99999999999999999999}", "malformed_json")]
    [InlineData("{\"type\":\"send\",\"conversationId\":\"nonsense\"}", "malformed_json")]
    [InlineData("{\"type\":\"send\",\"id\":{}}", "malformed_json")]
    [InlineData("{\"type\":\"send\",\"text\":\"\\ud800\"}", "invalid_text")]
    public void What_is_not_a_frame_is_a_problem(string json, string code) =>
        Should.Throw<ChatException>(() => FrameRouter.Read(Encoding.UTF8.GetBytes(json))).Code.Code.ShouldBe(code);

    [Fact]
    public void An_id_has_a_limit() =>
        Should.Throw<ChatException>(() => FrameRouter.Read(Encoding.UTF8.GetBytes($$"""{"type":"heartbeat","id":"{{new string('x', 65)}}"}""")));

    [Fact]
    public void An_entry_keeps_its_body_to_the_byte_and_leaves_out_what_is_absent()
    {
        var entry = new Entry
        {
            ConversationId = Guid.Parse("01890000-0000-7000-8000-000000000001"),
            Seq = 3,
            Kind = EntryKind.Message,
            SenderId = Guid.Parse("01890000-0000-7000-8000-000000000002"),
            At = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Number = 2,
            Body = new JsonBody("""{"text":"привет 👍"}"""u8.ToArray()),
        };
        Text(Frames.Entry(entry)).ShouldBe(
            """{"type":"entry","entry":{"conversationId":"01890000-0000-7000-8000-000000000001","seq":3,"kind":"message","senderId":"01890000-0000-7000-8000-000000000002","at":"2026-01-02T03:04:05+00:00","number":2,"body":{"text":"привет 👍"}}}""");
    }

    [Fact]
    public void Every_transport_writes_from_the_same_bytes()
    {
        var frame = Frames.Cursor("c1");
        var forHub = frame.ForHub.GetSerializedMessage(new JsonHubProtocol());
        Encoding.UTF8.GetString(forHub.Span).ShouldBe("""{"type":1,"target":"frame","arguments":[{"type":"cursor","cursor":"c1"}]}""" + '\u001e');
        frame.ForHub.ShouldBeSameAs(frame.ForHub);
        forHub.Span.Overlaps(frame.Json.Span).ShouldBeTrue();
    }

    [Fact]
    public async Task A_server_sent_event_has_the_type_the_json_and_the_cursor_as_its_id()
    {
        using var stream = new MemoryStream();
        var body = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        using var writer = new EventStreamWriter(body);
        await writer.WriteAsync(Frames.Live, TestContext.Current.CancellationToken);
        await writer.WriteAsync(Frames.Heartbeat, TestContext.Current.CancellationToken);
        await writer.WriteAsync(Frames.Cursor("c1"), TestContext.Current.CancellationToken);
        await writer.CloseAsync(CloseReason.Unauthorized, TestContext.Current.CancellationToken);
        writer.Ended.IsCancellationRequested.ShouldBeTrue();
        Encoding.UTF8.GetString(stream.ToArray()).ShouldBe(
            """
            event: live
            data: {"type":"live"}

            : heartbeat

            event: cursor
            id: c1
            data: {"type":"cursor","cursor":"c1"}

            event: close
            data: {"type":"close","code":4100,"reason":"unauthorized"}


            """);
    }

    private static string Text(Frame frame) => Encoding.UTF8.GetString(frame.Json.Span);
}
