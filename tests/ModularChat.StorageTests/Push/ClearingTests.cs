using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Clearing;
using ModularChat.Notifications.Storage;
using ModularChat.StorageTests.Servers;

namespace ModularChat.StorageTests.Push;

/// <summary>A node has told devices and died; another goes on with its shards.</summary>
public sealed class ClearingTests(PostgresFixture postgres)
{
    private static readonly Guid[] Users = [Ids.New(), Ids.New(), Ids.New()];
    private static readonly Guid Conversation = Ids.New();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task What_a_node_that_died_has_told_is_cleared_by_the_one_that_takes_over(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres, services => services.AddSingleton<IMediator, Readers>());
        var devices = await TellAsync(tables);
        var told = tables.Services.GetRequiredService<ToldDevices>();
        using var loop = ActivatorUtilities.CreateInstance<ClearLoop>(tables.Services);
        await loop.StartAsync(Token);

        told.Own([0]);
        await tables.Services.GetRequiredService<Recollection>().RecallAsync(Token);
        told.Read(0, Users[1], Conversation, 6);

        // The first had read it while nobody listened; the second does now; to the third nothing was sent that could be shown.
        told.Read(0, Users[2], Conversation, 6);
        var pushes = await CountAsync(tables, 2);
        await loop.StopAsync(Token);
        pushes.Select(push => (push.SubscriptionId, push.Seq)).ShouldBe([(devices[0], 5), (devices[1], 6)], ignoreOrder: true);
    }

    private static async Task<List<QueueRow>> CountAsync(PushTables tables, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            var rows = await tables.Store.ReadAsync(db => db.Queue.Where(row => row.Subject == PushSubject.Read).ToListAsync(Token), Token);
            if (rows.Count >= count)
            {
                return rows;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>Two devices have been told, the third's push was suppressed.</summary>
    private static Task<Guid[]> TellAsync(PushTables tables) =>
        tables.Store.WriteAsync(
            db =>
            {
                var now = tables.Time.GetUtcNow();
                var devices = Users.Select(user => new SubscriptionRow
                {
                    Id = Ids.New(),
                    UserId = user,
                    Provider = "push.example.org",
                    Endpoint = $"https://push.example.org/{user}",
                    EndpointHash = user.ToByteArray(),
                    Name = "",
                }).ToArray();
                db.Subscriptions.AddRange(devices);
                db.Trace.AddRange(devices.Select((device, i) => new TraceRow
                {
                    Id = Ids.New(),
                    UserId = device.UserId,
                    ConversationId = Conversation,
                    Seq = 5,
                    SubscriptionId = device.Id,
                    PushId = Ids.New(),
                    At = now,
                    Step = i < 2 ? PushStep.Sent : PushStep.Suppressed,
                }));
                return Task.FromResult(devices.Select(device => device.Id).ToArray());
            },
            Token);

    /// <summary>Messaging: only the first has read it.</summary>
    private sealed class Readers : IMediator
    {
        public Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default) => request is GetReaders asked
            ? Task.FromResult((TResponse)(object)asked.UserIds.Select(user => new EntryReader(user, true, user == Users[0], null, null)).ToArray())
            : throw new NotSupportedException();

        public Task Publish<TNotification>(TNotification notification, CancellationToken cancellationToken = default) where TNotification : INotification => Task.CompletedTask;
    }
}
