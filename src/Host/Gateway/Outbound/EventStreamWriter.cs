using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace ModularChat.Host.Gateway.Outbound;

/// <summary>
/// A frame is a server-sent event: its type, its JSON, and as id the cursor where it states one, so that what a client
/// gives back as Last-Event-ID is where it really is. A heartbeat is a comment.
/// </summary>
internal sealed class EventStreamWriter(PipeWriter body) : IFrameWriter
{
    private readonly CancellationTokenSource _ended = new();

    public string Transport => "events";

    /// <summary>Cancelled when nothing more will be written.</summary>
    public CancellationToken Ended => _ended.Token;

    public async ValueTask WriteAsync(Frame frame, CancellationToken token)
    {
        if (frame == Frames.Heartbeat)
        {
            body.Write(": heartbeat\n\n"u8);
        }
        else
        {
            Put("event: "u8, frame.Type);
            if (frame.Cursor is { } cursor)
            {
                Put("id: "u8, cursor);
            }
            // JSON of one line: line ends inside texts are escaped.
            body.Write("data: "u8);
            body.Write(frame.Json.Span);
            body.Write("\n\n"u8);
        }
        var flushed = await body.FlushAsync(token);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new IOException("The client is gone.");
        }
    }

    public async ValueTask CloseAsync(CloseReason reason, CancellationToken token)
    {
        await WriteAsync(Frames.Close(reason), token);
        await _ended.CancelAsync();
    }

    public void Abort() => _ended.Cancel();

    public void Dispose() => _ended.Cancel();

    private void Put(ReadOnlySpan<byte> name, string value)
    {
        body.Write(name);
        Encoding.UTF8.GetBytes(value, body);
        body.Write("\n"u8);
    }
}
