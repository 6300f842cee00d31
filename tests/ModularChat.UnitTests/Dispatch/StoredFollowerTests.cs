using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Dispatch.Remote;
using ModularChat.Messaging.Publishing;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Dispatch;

/// <summary>A process without a log that follows one of two that have it open.</summary>
public sealed class StoredFollowerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_process_goes_on_where_the_one_before_has_come_to()
    {
        await using var chat = await Chat.StartAsync();
        await using var two = new Two(chat);
        two.Second.Keep();
        await two.FollowAsync();
        two.Commit(0, 1);
        two.Commit(3, 1);
        await two.ToldAsync("reset", "0:1", "3:1");

        // The second one is behind with one, and ahead with two others.
        two.First.Add(Stored(0, 2));
        two.Second.Add(Stored(3, 2));
        two.Second.Add(Stored(5, 1));
        await two.ToldAsync("reset", "0:1", "3:1", "0:2");
        two.Switch();
        two.Second.Add(Stored(0, 2));
        two.Second.Add(Stored(0, 3));
        await two.ToldAsync("reset", "0:1", "3:1", "0:2", "3:2", "5:1", "0:3");
    }

    [Fact]
    public async Task One_that_has_kept_nothing_has_the_connections_sync_again()
    {
        await using var chat = await Chat.StartAsync();
        await using var two = new Two(chat);
        await two.FollowAsync();
        two.First.Add(Stored(0, 1));
        await two.ToldAsync("reset", "0:1");
        // What came before it began, it cannot tell.
        two.Elsewhere.Advance(0, 2);
        two.Switch();
        await two.ToldAsync("reset", "0:1", "reset");
        two.Second.Add(Stored(0, 3));
        await two.ToldAsync("reset", "0:1", "reset", "0:3");
    }

    [Fact]
    public async Task Positions_of_another_run_say_nothing()
    {
        await using var chat = await Chat.StartAsync();
        await using var restored = await Chat.StartAsync();
        await using var two = new Two(chat, restored);
        two.Second.Keep();
        await two.FollowAsync();
        two.Commit(0, 1);
        await two.ToldAsync("reset", "0:1");
        two.Switch();
        await two.ToldAsync("reset", "0:1", "reset");
    }

    [Fact]
    public async Task A_fault_of_the_log_that_has_lost_an_event_is_told()
    {
        await using var chat = await Chat.StartAsync();
        await using var two = new Two(chat);
        await two.FollowAsync();
        two.First.Add(Stored(0, 1));
        await two.ToldAsync("reset", "0:1");
        two.Published.Advance(0, 2);
        two.First.Reset();
        await two.ToldAsync("reset", "0:1", "reset");
    }

    private static MessageStored Stored(int shard, long position) => new(shard, position - 1, position, [], []);

    /// <summary>Two processes with the log, and the mediator of a third that follows the first of them.</summary>
    private sealed class Two(Chat chat, Chat? other = null) : IMediator, IAsyncDisposable
    {
        private readonly ConcurrentQueue<string> _told = new();
        private volatile FollowStoredHandler? _asked;
        private CancellationTokenSource _switched = new();
        private StoredFollower? _follower;

        public Positions Published { get; } = At();

        public Positions Elsewhere { get; } = At();

        public RecentEvents First => field ??= new RecentEvents(Published, chat.Log, TimeProvider.System);

        public RecentEvents Second => field ??= new RecentEvents(Elsewhere, (other ?? chat).Log, TimeProvider.System);

        public Task FollowAsync()
        {
            _asked = new FollowStoredHandler(First, TimeProvider.System);
            _follower = new StoredFollower(this, TimeProvider.System, NullLogger<StoredFollower>.Instance);
            _ = _follower.StartAsync(Token);
            return ToldAsync("reset");
        }

        /// <summary>Both hear of it.</summary>
        public void Commit(int shard, long position)
        {
            First.Add(Stored(shard, position));
            Second.Add(Stored(shard, position));
        }

        /// <summary>The first one dies.</summary>
        public void Switch()
        {
            _asked = new FollowStoredHandler(Second, TimeProvider.System);
            Interlocked.Exchange(ref _switched, new CancellationTokenSource()).Cancel();
        }

        public async Task ToldAsync(params string[] expected)
        {
            for (var i = 0; i < 1_000 && _told.Count < expected.Length; i++)
            {
                await Task.Delay(10, Token);
            }
            _told.ShouldBe(expected);
        }

        public async Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _switched.Token);
            return (TResponse)(object)await _asked!.Handle((FollowStored)(object)request, either.Token);
        }

        public Task Publish<TNotification>(TNotification notification, CancellationToken cancellationToken = default)
            where TNotification : INotification
        {
            _told.Enqueue(notification is MessageStored stored ? $"{stored.Shard}:{stored.Position}" : "reset");
            return Task.CompletedTask;
        }

        public Task Send<TRequest>(TRequest request, CancellationToken cancellationToken = default)
            where TRequest : IRequest => throw new NotSupportedException();

        public async ValueTask DisposeAsync()
        {
            if (_follower is not null)
            {
                await _follower.StopAsync(CancellationToken.None);
                _follower.Dispose();
            }
            _switched.Dispose();
        }

        private static Positions At()
        {
            var positions = new Positions();
            positions.Reset(new long[8]);
            return positions;
        }
    }
}
