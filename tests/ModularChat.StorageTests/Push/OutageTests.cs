using System.Collections.Concurrent;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Providers;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;
using ModularChat.StorageTests.Servers;

namespace ModularChat.StorageTests.Push;

/// <summary>A push service that is away, slow, or answers nonsense, in time that the test moves.</summary>
public sealed class OutageTests(PostgresFixture postgres)
{
    private const int Pushes = 60;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite", false)]
    [InlineData("postgresql", false)]
    [InlineData("sqlite", true)]
    public async Task A_service_that_is_away_for_an_hour_is_asked_seldom_and_then_gets_everything_once(string engine, bool isBusy)
    {
        var service = new ScriptedService { Answer = new PushAnswer(isBusy ? AnswerKind.Busy : AnswerKind.Failed, "away") };
        await using var tables = await PushTables.OpenAsync(engine, postgres, services => Add(services, service), settings: "Notifications:MaxAttempts=100");
        await AddAsync(tables, Pushes);
        using var loop = ActivatorUtilities.CreateInstance<SendLoop>(tables.Services);
        await loop.StartAsync(Token);

        var away = tables.Time.GetUtcNow().AddHours(1);
        while (tables.Time.GetUtcNow() < away)
        {
            await PassAsync(tables, TimeSpan.FromSeconds(20));
        }
        var asked = service.Asked.Count;
        service.Answer = new PushAnswer(AnswerKind.Taken, "201");
        for (var i = 0; i < 500 && service.Taken.Count < Pushes; i++)
        {
            await PassAsync(tables, TimeSpan.FromSeconds(20));
        }
        await loop.StopAsync(Token);

        service.Taken.Count.ShouldBe(Pushes);
        service.Taken.Distinct().Count().ShouldBe(Pushes);
        // Sixteen at first, before anything is known; then one at a time, at most every thirty seconds.
        asked.ShouldBeLessThan(16 + 120);
        asked.ShouldBeGreaterThan(16);
        (await tables.Store.ReadAsync(db => db.Queue.CountAsync(Token), Token)).ShouldBe(0);
    }

    [Fact]
    public async Task A_push_that_fails_too_often_is_given_up_and_one_that_is_too_old_expires()
    {
        var service = new ScriptedService { Answer = new PushAnswer(AnswerKind.Failed, "500") };
        await using var tables = await PushTables.OpenAsync("sqlite", postgres, services => Add(services, service), settings: ["Notifications:MaxAttempts=3", "Notifications:BreakerFailures=1000"]);
        await AddAsync(tables, 1);
        using var loop = ActivatorUtilities.CreateInstance<SendLoop>(tables.Services);
        await loop.StartAsync(Token);
        for (var i = 0; i < 200 && await StateAsync(tables) != QueueState.Dead; i++)
        {
            await PassAsync(tables, TimeSpan.FromSeconds(5));
        }
        (await StateAsync(tables)).ShouldBe(QueueState.Dead);
        service.Asked.Count.ShouldBe(3);

        service.Answer = new PushAnswer(AnswerKind.Busy, "429", TimeSpan.FromHours(2));
        await AddAsync(tables, 1, TimeSpan.FromHours(1));
        for (var i = 0; i < 100 && await StepsAsync(tables, PushStep.Expired) == 0; i++)
        {
            await PassAsync(tables, TimeSpan.FromSeconds(5));
        }
        await loop.StopAsync(Token);
        (await StepsAsync(tables, PushStep.Expired)).ShouldBe(1, "the service wants to be left alone for longer than the push is of use");
        service.Asked.Count.ShouldBe(4);
    }

    private static void Add(IServiceCollection services, ScriptedService service)
    {
        services.AddSingleton<IMediator, NoMediator>();
        foreach (var provider in services.Where(s => s.ServiceType == typeof(IPushProvider)).ToList())
        {
            services.Remove(provider);
        }
        services.AddSingleton<IPushProvider>(service);
    }

    /// <summary>Lets time pass, and the loop do what is due by then.</summary>
    private static async Task PassAsync(PushTables tables, TimeSpan by)
    {
        tables.Time.Advance(by);
        await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, Token);
        for (var i = 0; i < 100 && await tables.Store.ReadAsync(db => db.Queue.AnyAsync(row => row.State == QueueState.Sending, Token), Token); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }

    private static Task<QueueState?> StateAsync(PushTables tables) => tables.Store.ReadAsync(db => db.Queue.Select(row => (QueueState?)row.State).FirstOrDefaultAsync(Token), Token);

    private static Task<int> StepsAsync(PushTables tables, PushStep step) => tables.Store.ReadAsync(db => db.Trace.CountAsync(row => row.Step == step, Token), Token);

    /// <summary>Test pushes: what they say needs no other module.</summary>
    private static Task<bool> AddAsync(PushTables tables, int count, TimeSpan? life = null) =>
        tables.Store.WriteAsync(
            db =>
            {
                var row = new SubscriptionRow
                {
                    Id = Ids.New(),
                    UserId = Ids.New(),
                    Provider = "push.example.org",
                    Endpoint = "https://push.example.org/1",
                    EndpointHash = Ids.New().ToByteArray(),
                    Name = "",
                };
                db.Subscriptions.Add(row);
                var now = tables.Time.GetUtcNow();
                for (var i = 0; i < count; i++)
                {
                    db.Queue.Add(new QueueRow
                    {
                        Id = Ids.New(),
                        SubscriptionId = row.Id,
                        UserId = row.UserId,
                        Subject = PushSubject.Test,
                        Provider = row.Provider,
                        CreatedAt = now,
                        DueAt = now,
                        ExpiresAt = now + (life ?? TimeSpan.FromDays(1)),
                    });
                }
                return Task.FromResult(true);
            },
            Token);

    private sealed class ScriptedService : IPushProvider
    {
        public volatile PushAnswer Answer = new(AnswerKind.Taken, "201");

        public ConcurrentQueue<Guid> Asked { get; } = new();

        public ConcurrentQueue<Guid> Taken { get; } = new();

        public IReadOnlyList<PushKind> Kinds { get; } = [PushKind.WebPush];

        public Task<PushAnswer> SendAsync(SubscriptionRow device, PushMessage message, CancellationToken token)
        {
            Asked.Enqueue(message.Payload.Id);
            var answer = Answer;
            if (answer.Kind == AnswerKind.Taken)
            {
                Taken.Enqueue(message.Payload.Id);
            }
            return Task.FromResult(answer);
        }
    }

    private sealed class NoMediator : IMediator
    {
        public Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task Publish<TNotification>(TNotification notification, CancellationToken cancellationToken = default) where TNotification : INotification => Task.CompletedTask;
    }
}
