using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace ModularChat.IntegrationTests.Hub;

/// <summary>Microsoft's C# client on <c>/hubs/chat</c>, with the frames that came in a queue.</summary>
internal sealed class HubClient : IAsyncDisposable
{
    private readonly Channel<JsonNode> _frames = Channel.CreateUnbounded<JsonNode>();
    private readonly TaskCompletionSource<Exception?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HubConnection _hub;

    private HubClient(Uri server, string? token, bool tokenInQuery)
    {
        var builder = new HubConnectionBuilder();
        builder.Services.AddSingleton<EndPoint>(new UriEndPoint(new Uri(server, "/hubs/chat")));
        builder.Services.AddSingleton<IConnectionFactory>(new SocketConnectionFactory(token, tokenInQuery));
        _hub = builder.Build();
        _hub.On<JsonElement>("frame", frame => _frames.Writer.TryWrite(JsonNode.Parse(frame.GetRawText())!));
        _hub.Closed += e =>
        {
            _closed.TrySetResult(e);
            _frames.Writer.TryComplete();
            return Task.CompletedTask;
        };
    }

    /// <summary>Completes with the reason when the connection is over.</summary>
    public Task<Exception?> Closed => _closed.Task;

    /// <summary>Connects; says nothing yet.</summary>
    public static async Task<HubClient> ConnectAsync(Uri server, string? token, CancellationToken cancel, bool tokenInQuery = false)
    {
        var client = new HubClient(server, token, tokenInQuery);
        try
        {
            await client._hub.StartAsync(cancel);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects and comes as far as live; returns what was synced.</summary>
    public static async Task<(HubClient Client, IReadOnlyList<JsonNode> Pages)> LiveAsync(Uri server, string token, CancellationToken cancel, string? cursor = null, bool tokenInQuery = false)
    {
        var client = await ConnectAsync(server, token, cancel, tokenInQuery);
        (await client.AskAsync("Hello", new { cursor }, cancel))["type"]!.GetValue<string>().ShouldBe("ok");
        var pages = new List<JsonNode>();
        while (true)
        {
            var frame = await client.ReceiveAsync(cancel) ?? throw new InvalidOperationException("closed while opening");
            switch (frame["type"]!.GetValue<string>())
            {
                case "sync":
                    pages.Add(frame);
                    break;
                case "live":
                    return (client, pages);
            }
        }
    }

    /// <summary>Calls a method with a frame's fields; the frame that answers.</summary>
    public async Task<JsonNode> AskAsync(string method, object? frame, CancellationToken cancel) =>
        JsonNode.Parse((await _hub.InvokeAsync<JsonElement>(method, frame, cancel)).GetRawText())!;

    /// <summary>Calls a method with these arguments, as they are.</summary>
    public Task<JsonElement> CallAsync(string method, object?[] arguments, CancellationToken cancel) =>
        _hub.InvokeCoreAsync<JsonElement>(method, arguments, cancel);

    /// <summary>The next frame; null when the connection is over.</summary>
    public async Task<JsonNode?> ReceiveAsync(CancellationToken cancel)
    {
        try
        {
            return await _frames.Reader.ReadAsync(cancel);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    /// <summary>The next frame of a type; others are passed over.</summary>
    public async Task<JsonNode> ExpectAsync(string type, CancellationToken cancel)
    {
        while (await ReceiveAsync(cancel) is { } frame)
        {
            if (frame["type"]!.GetValue<string>() == type)
            {
                return frame;
            }
        }
        throw new InvalidOperationException($"closed while waiting for {type}");
    }

    public ValueTask DisposeAsync() => _hub.DisposeAsync();
}
