using System.Buffers.Text;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Keeping;
using ModularChat.Notifications.Keys;
using ModularChat.Notifications.Storage;
using ModularChat.Notifications.Subscriptions;
using ModularChat.Shared;
using ModularChat.StorageTests.Servers;

namespace ModularChat.StorageTests.Push;

public sealed class SubscriptionTests(PostgresFixture postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task The_tables_are_those_of_the_model(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres);
        await using var db = tables.Store.Database.Open();

        db.Database.HasPendingModelChanges().ShouldBeFalse();
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task The_oldest_goes_when_there_are_too_many(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres, settings: "Notifications:MaxPushSubscriptions=3");
        var book = tables.Services.GetRequiredService<SubscriptionBook>();
        var caller = new Caller(Ids.New());
        for (var i = 1; i <= 5; i++)
        {
            await book.PutAsync(Request(caller, i), Token);
            tables.Time.Advance(TimeSpan.FromSeconds(1));
        }

        (await book.ListAsync(caller, Token)).Select(s => s.Endpoint).ShouldBe([Endpoint(3), Endpoint(4), Endpoint(5)]);

        // The same again is the same, and nobody goes for it.
        await book.PutAsync(Request(caller, 3, "renamed"), Token);
        (await book.ListAsync(caller, Token)).Select(s => s.Name).ShouldBe(["renamed", "", ""]);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task An_endpoint_belongs_to_who_registered_it_last(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres);
        var book = tables.Services.GetRequiredService<SubscriptionBook>();
        var (alice, bob) = (new Caller(Ids.New(), Ids.New()), new Caller(Ids.New(), Ids.New()));
        var first = await book.PutAsync(Request(alice, 1), Token);

        var second = await book.PutAsync(Request(bob, 1), Token);

        second.Id.ShouldNotBe(first.Id);
        (await book.ListAsync(alice, Token)).ShouldBeEmpty();
        (await book.ListAsync(bob, Token)).ShouldHaveSingleItem().IsCurrent.ShouldBe(true);
        (await Should.ThrowAsync<ChatException>(() => book.RemoveAsync(alice, second.Id, Token))).Code.ShouldBe(ProblemCodes.NotFound);
        await book.RemoveDeviceAsync(bob.UserId, bob.DeviceId!.Value, Token);
        (await book.ListAsync(bob, Token)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task A_device_whose_session_is_over_is_forgotten_when_nobody_heard_of_it(string engine)
    {
        var sessions = new Sessions();
        await using var tables = await PushTables.OpenAsync(engine, postgres, services => services.AddSingleton<IMediator>(sessions));
        var book = tables.Services.GetRequiredService<SubscriptionBook>();
        var (alice, gone, application) = (new Caller(Ids.New(), Ids.New()), new Caller(Ids.New(), Ids.New()), new Caller(Ids.New()));
        await book.PutAsync(Request(alice, 1), Token);
        await book.PutAsync(Request(alice with { DeviceId = Ids.New() }, 2), Token);
        await book.PutAsync(Request(gone, 3), Token);
        await book.PutAsync(Request(application, 4), Token);
        sessions.Live = [new LiveDevices(alice.UserId, [alice.DeviceId!.Value])];

        (await tables.Services.GetRequiredService<LostDevices>().RemoveAsync(Token)).ShouldBe(2);

        (await tables.Store.ReadAsync(db => db.Subscriptions.OrderBy(row => row.Endpoint).Select(row => row.Endpoint).ToListAsync(Token), Token)).ShouldBe([Endpoint(1), Endpoint(4)]);
    }

    [Fact]
    public async Task Nodes_that_start_at_once_come_to_the_same_keys()
    {
        await using var one = await PushTables.OpenAsync("postgresql", postgres);
        await using var other = await PushTables.OpenAsync("postgresql", postgres, one.Database);

        var keys = await Task.WhenAll(
            one.Services.GetRequiredService<ServerKeys>().GetAsync(Token).AsTask(), other.Services.GetRequiredService<ServerKeys>().GetAsync(Token).AsTask());

        keys[0].PublicKey.ShouldBe(keys[1].PublicKey);
        Base64Url.DecodeFromChars(keys[0].PublicKey).Length.ShouldBe(65);
    }

    [Theory]
    [InlineData("sqlite", "postgresql")]
    [InlineData("postgresql", "sqlite")]
    public async Task A_backup_of_either_engine_is_put_back_on_the_other(string from, string to)
    {
        await using var source = await PushTables.OpenAsync(from, postgres);
        await using var target = await PushTables.OpenAsync(to, postgres);
        var user = new Caller(Ids.New());
        await source.Services.GetRequiredService<SubscriptionBook>().PutAsync(Request(user, 1), Token);
        var conversation = Ids.New();
        await source.Store.WriteAsync(
            db =>
            {
                db.Preferences.Add(new PreferenceRow { UserId = user.UserId, Level = PushLevel.Mentions, QuietFrom = 60, QuietTo = 120, TimeZone = "Etc/UTC" });
                db.Levels.Add(new LevelRow { UserId = user.UserId, ConversationId = conversation, Level = PushLevel.Nothing });
                return Task.FromResult(true);
            },
            Token);
        var file = Path.GetTempFileName();
        File.Delete(file);
        try
        {
            await source.Services.GetRequiredService<PushCopy>().SaveAsync(file, Token);
            await target.Services.GetRequiredService<PushCopy>().RestoreAsync(file, Token);
        }
        finally
        {
            File.Delete(file);
        }

        (await target.Services.GetRequiredService<ServerKeys>().GetAsync(Token)).PublicKey.ShouldBe((await source.Services.GetRequiredService<ServerKeys>().GetAsync(Token)).PublicKey);
        (await target.Services.GetRequiredService<SubscriptionBook>().ListAsync(user, Token)).ShouldHaveSingleItem().Endpoint.ShouldBe(Endpoint(1));
        (await target.Store.ReadAsync(db => db.Preferences.SingleAsync(Token), Token)).QuietTo.ShouldBe(120);
        (await target.Store.ReadAsync(db => db.Levels.SingleAsync(Token), Token)).ConversationId.ShouldBe(conversation);
        await target.Services.GetRequiredService<PushCopy>().EraseAsync(user.UserId, Token);
        (await target.Store.ReadAsync(db => db.Subscriptions.CountAsync(Token), Token)).ShouldBe(0);
    }

    private sealed class Sessions : IMediator
    {
        public LiveDevices[] Live { get; set; } = [];

        public Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default) =>
            request is ListLiveDevices asked ? Task.FromResult((TResponse)(object)Live.Where(one => asked.UserIds.Contains(one.UserId)).ToArray()) : throw new NotSupportedException();

        public Task Publish<TNotification>(TNotification notification, CancellationToken cancellationToken = default) where TNotification : INotification => Task.CompletedTask;
    }

    private static string Endpoint(int number) => $"https://192.88.98.1/{number}";

    private static PutPushSubscription Request(Caller caller, int number, string? name = null)
    {
        using var device = new PushDevice();
        return new PutPushSubscription(caller, null, Endpoint(number), device.P256dh, device.Auth, name);
    }
}
