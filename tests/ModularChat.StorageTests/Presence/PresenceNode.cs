using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Presence;
using ModularChat.Presence.Leases;
using ModularChat.Presence.Storage;
using ModularChat.Presence.Storage.Redis;
using ModularChat.Shared;

namespace ModularChat.StorageTests.Presence;

/// <summary>The leases of one node of a cluster, on a real Redis. Its own time stands still; that of Redis goes on.</summary>
internal sealed class PresenceNode : IAsyncDisposable
{
    private readonly RedisBoard _board;
    private readonly Told _told = new();

    public PresenceNode(string redis)
    {
        var options = Options.Create(new PresenceOptions { Leases = "redis", ConnectionString = redis });
        Own = new MemoryLeases(Time, options);
        _board = new RedisBoard(options);
        Leases = new SharedLeases(Own, _board, _told, NullLogger<SharedLeases>.Instance);
    }

    public ManualTime Time { get; } = new();

    public MemoryLeases Own { get; }

    public SharedLeases Leases { get; }

    /// <summary>Who the other nodes were told to look at.</summary>
    public ConcurrentQueue<Guid> Announced => _told.Users;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A device connects; connections count for so long without a sign, and so does the node.</summary>
    public async Task<Lease> ConnectAsync(Guid user, TimeSpan life)
    {
        var lease = new Lease(Ids.New(), user, Ids.New(), Ids.New(), "websocket", Ids.New());
        await Leases.KeepAsync(lease, life, Token);
        return lease;
    }

    public ValueTask<Moves> TickAsync() => Leases.TakeMovesAsync(Token);

    public async Task<Attendance> SeeAsync(Guid user) => (await Leases.AttendAsync([user], Token))[0];

    public ValueTask DisposeAsync() => _board.DisposeAsync();

    private sealed class Told : IMediator
    {
        public ConcurrentQueue<Guid> Users { get; } = new();

        public Task Publish<TNotification>(TNotification notification, CancellationToken cancellationToken = default)
            where TNotification : INotification
        {
            foreach (var user in ((AttendanceMoved)(object)notification).UserIds)
            {
                Users.Enqueue(user);
            }
            return Task.CompletedTask;
        }

        public Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
