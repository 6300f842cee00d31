using System.Collections.Concurrent;
using System.CommandLine;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ModularChat.Cli.Bench;

/// <summary>
/// <c>chat bench-relay</c>: the floor to compare with. Hands each frame to everybody else in the room and acks it; checks nothing, stores
/// nothing, promises nothing. Prints its address and runs until its input ends.
/// </summary>
internal static class BenchRelay
{
    private static readonly byte[] Ack = """{"type":"ack"}"""u8.ToArray();

    public static Command Make()
    {
        var command = new Command("bench-relay", "A bare relay, started by bench.") { Hidden = true };
        command.SetAction(async (_, token) =>
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            await using var app = builder.Build();
            var rooms = new ConcurrentDictionary<string, Room>(StringComparer.Ordinal);
            app.UseWebSockets();
            app.Run(context => CarryAsync(context, rooms));
            await app.StartAsync(token);
            Console.WriteLine(app.Urls.First());
            await Console.In.ReadToEndAsync(token);
            return 0;
        });
        return command;
    }

    private static async Task CarryAsync(HttpContext context, ConcurrentDictionary<string, Room> rooms)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var own = new Peer(socket);
        var room = rooms.GetOrAdd(context.Request.Query["room"].ToString(), _ => new Room());
        room.Add(own);
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var frame = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
                if (frame.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }
                foreach (var peer in room.Peers)
                {
                    if (peer != own)
                    {
                        await peer.SendAsync(buffer.AsMemory(0, frame.Count), context.RequestAborted);
                    }
                }
                await own.SendAsync(Ack, context.RequestAborted);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client is gone.
        }
        finally
        {
            room.Remove(own);
        }
    }

    private sealed class Room
    {
        private readonly Lock _gate = new();

        public Peer[] Peers { get; private set; } = [];

        public void Add(Peer peer)
        {
            lock (_gate)
            {
                Peers = [.. Peers, peer];
            }
        }

        public void Remove(Peer peer)
        {
            lock (_gate)
            {
                Peers = [.. Peers.Where(other => other != peer)];
            }
        }
    }

    private sealed class Peer(WebSocket socket) : IDisposable
    {
        private readonly SemaphoreSlim _writing = new(1, 1);

        public void Dispose() => _writing.Dispose();

        public async ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken token)
        {
            await _writing.WaitAsync(token);
            try
            {
                await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, token);
            }
            catch (Exception e) when (e is WebSocketException or ObjectDisposedException)
            {
                // One who has just gone must not stop the others.
            }
            finally
            {
                _writing.Release();
            }
        }
    }
}
