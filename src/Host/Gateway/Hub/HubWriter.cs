using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Gateway.Hub;

/// <summary>A frame is an invocation of the client's method <c>frame</c>, made once for all hub clients.</summary>
internal sealed class HubWriter(HubConnectionContext hub) : IFrameWriter
{
    public string Transport => "signalr";

    public ValueTask WriteAsync(Frame frame, CancellationToken token) => hub.WriteAsync(frame.ForHub, token);

    public async ValueTask CloseAsync(CloseReason reason, CancellationToken token)
    {
        await hub.WriteAsync(Frames.Close(reason).ForHub, token);
        // The framework's own close comes after it and would forbid to come back: a client takes the first.
        await hub.WriteAsync(new CloseMessage($"{reason.Code} {reason.Text}", reason.IsRetryable), token);
        // Whoever has read that ends the connection. Ended here at once, what is still on its way would be dropped.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token, hub.ConnectionAborted);
        await Task.Delay(Timeout.InfiniteTimeSpan, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        hub.Abort();
    }

    public void Abort() => hub.Abort();

    public void Dispose()
    {
        // The framework ends the connection.
    }
}
