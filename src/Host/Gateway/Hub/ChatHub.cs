using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;
using ModularChat.Contracts;
using ModularChat.Host.Gateway.Inbound;

namespace ModularChat.Host.Gateway.Hub;

/// <summary>
/// The frames of the WebSocket as hub methods: each takes the frame's fields as one object and returns the frame that
/// answers it, a problem too. Public methods are what clients may call.
/// </summary>
[Authorize]
internal sealed class ChatHub(HubConnections connections, FrameRouter router, TimeProvider time) : Microsoft.AspNetCore.SignalR.Hub
{
    public override Task OnConnectedAsync()
    {
        connections.Open(Context);
        return Task.CompletedTask;
    }

    public override Task OnDisconnectedAsync(Exception? exception) => HubConnections.EndAsync(Context);

    [HubMethodName("Hello")]
    public Frame Hello(HubArgument frame)
    {
        try
        {
            connections.Hello(Context, FrameRouter.Read(frame.Json));
            return Frames.Done;
        }
        catch (ChatException problem)
        {
            return Frames.Problem(null, problem);
        }
    }

    [HubMethodName("Send")]
    public Task<Frame> SendAsync(HubArgument frame) => HandleAsync("send", frame);

    [HubMethodName("Edit")]
    public Task<Frame> EditAsync(HubArgument frame) => HandleAsync("edit", frame);

    [HubMethodName("Delete")]
    public Task<Frame> DeleteAsync(HubArgument frame) => HandleAsync("delete", frame);

    [HubMethodName("React")]
    public Task<Frame> ReactAsync(HubArgument frame) => HandleAsync("react", frame);

    [HubMethodName("Mark")]
    public Task<Frame> MarkAsync(HubArgument frame) => HandleAsync("mark", frame);

    [HubMethodName("Cursor")]
    public Task<Frame> CursorAsync(HubArgument frame) => HandleAsync("cursor", frame);

    [HubMethodName("Typing")]
    public Task<Frame> TypingAsync(HubArgument frame) => HandleAsync("typing", frame);

    [HubMethodName("Watch")]
    public Task<Frame> WatchAsync(HubArgument frame) => HandleAsync("watch", frame);

    [HubMethodName("Call")]
    public Task<Frame> CallAsync(HubArgument frame) => HandleAsync("call", frame);

    [HubMethodName("Room")]
    public Task<Frame> RoomAsync(HubArgument frame) => HandleAsync("room", frame);

    [HubMethodName("Goodbye")]
    public async Task<Frame> GoodbyeAsync() => await HandleAsync(new ClientFrame { Type = "goodbye" });

    /// <summary>A heartbeat that says whether the user does something: the framework has no arguments that may be left out.</summary>
    [HubMethodName("Active")]
    public Task<Frame> ActiveAsync(HubArgument frame) => HandleAsync("heartbeat", frame);

    [HubMethodName("Heartbeat")]
    public async Task<Frame> HeartbeatAsync() => await HandleAsync(new ClientFrame { Type = "heartbeat" });

    private async Task<Frame> HandleAsync(string type, HubArgument frame)
    {
        ClientFrame read;
        try
        {
            read = FrameRouter.Read(frame.Json);
        }
        catch (ChatException problem)
        {
            return Frames.Problem(null, problem);
        }
        return await HandleAsync(read with { Type = type });
    }

    private async Task<Frame> HandleAsync(ClientFrame frame)
    {
        if (!HubConnections.TryGet(Context, out var connection))
        {
            return Frames.Problem(frame.Id, ChatException.Invalid("Hello", "Hello has to be called first."));
        }
        connection.LastSeen = time.GetTimestamp();
        return await router.HandleAsync(connection, frame) ?? Frames.Done;
    }
}
