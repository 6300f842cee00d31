using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Gateway;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.UnitTests.Gateway;

public sealed class EntryDeliveryTests
{
    private static readonly Guid Conversation = Ids.New();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_but_the_sender_get_the_same_frame()
    {
        await using var node = new Node(users: 20, blocked: false);

        await node.DeliverAsync(position: 1);

        var frames = await node.FramesAsync();
        frames.Length.ShouldBe(20);
        frames.Distinct().Count().ShouldBe(2);
        frames.Count(f => f == frames[0]).ShouldBe(1, "The sender's own copy carries the clientMessageId.");
    }

    [Fact]
    public async Task A_recipient_costs_no_allocation()
    {
        var few = await CostAsync(10);
        var many = await CostAsync(1000);

        // Less than one reference for each more.
        (many - few).ShouldBeLessThan(990 * 8);
    }

    /// <summary>Bytes that one message to so many users allocates.</summary>
    private static async Task<long> CostAsync(int users)
    {
        await using var node = new Node(users, blocked: true);
        // The first one starts each connection's writing and makes it owe a cursor.
        await node.DeliverAsync(position: 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var delivery = node.DeliverAsync(position: 2);
        var cost = GC.GetAllocatedBytesForCurrentThread() - before;
        await delivery;
        return cost;
    }

    /// <summary>A node with one connection for each user; the first is the sender.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly DeliveredPositions _delivered = new();
        private readonly List<(Connection Connection, RecordingWriter Writer)> _connections = [];
        private readonly CursorTicker _cursors;
        private readonly EntryDelivery _delivery;
        private readonly Guid[] _users;

        public Node(int users, bool blocked)
        {
            var table = new ConnectionTable();
            // Neither asks anything of other modules for a message.
            _cursors = new CursorTicker(null!, _delivered, TimeProvider.System, NullLogger<CursorTicker>.Instance);
            _delivery = new EntryDelivery(table, _delivered, _cursors, null!);
            _users = [.. Enumerable.Range(0, users).Select(_ => Ids.New())];
            foreach (var user in _users)
            {
                var writer = new RecordingWriter(blocked);
                var connection = new Connection(Ids.New(), writer, new GatewayOptions()) { Caller = new Caller(user) };
                connection.GoLive([0], Frames.Live);
                table.Attach(connection);
                _connections.Add((connection, writer));
            }
        }

        public Task DeliverAsync(long position)
        {
            var entry = new Entry
            {
                ConversationId = Conversation,
                Seq = position,
                Kind = EntryKind.Message,
                SenderId = _users[0],
                At = DateTimeOffset.UnixEpoch,
                Number = position,
                Body = new JsonBody("""{"text":"text"}"""u8.ToArray()),
                ClientMessageId = Conversation,
            };
            return _delivery.Handle(new MessageStored(0, position - 1, position, [new StoredEntry(position, entry, _users)], []), Token);
        }

        /// <summary>The one entry that each connection got, in the order of the users.</summary>
        public async Task<Frame[]> FramesAsync()
        {
            foreach (var (connection, _) in _connections)
            {
                await connection.DrainAsync(Token);
            }
            return [.. _connections.Select(c => c.Writer.Written.Single(f => f.Type == "entry"))];
        }

        public ValueTask DisposeAsync()
        {
            foreach (var (connection, _) in _connections)
            {
                connection.Dispose();
            }
            _cursors.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Keeps what is written; or takes nothing, so that what is queued stays queued.</summary>
    private sealed class RecordingWriter(bool blocked) : IFrameWriter
    {
        public ConcurrentQueue<Frame> Written { get; } = new();

        public string Transport => "test";

        public async ValueTask WriteAsync(Frame frame, CancellationToken token)
        {
            if (blocked)
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            Written.Enqueue(frame);
        }

        public ValueTask CloseAsync(CloseReason reason, CancellationToken token) => ValueTask.CompletedTask;

        public void Abort()
        {
            // Nothing is open.
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
