using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Dispatch;
using ModularChat.Presence;
using ModularChat.Presence.Leases;
using ModularChat.Presence.Storage;
using ModularChat.Presence.Watching;
using ModularChat.Shared;
using ModularChat.Storage;

namespace ModularChat.UnitTests.Presence;

/// <summary>A device's connection.</summary>
internal sealed record Device(Guid Connection, Caller Caller)
{
    public Guid User => Caller.UserId;
}

/// <summary>
/// The module Presence on its real store, with the real mediator and a time that stands still. A connection lives 30 seconds without a sign. What
/// connections are sent is kept.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    public const int Life = 30;

    private readonly ServiceProvider _services;
    private readonly DirectoryInfo _folder;
    private readonly bool _keepFolder;
    private readonly Sent _sent;

    private World(ServiceProvider services, DirectoryInfo folder, bool keepFolder, Sent sent, Neighbours neighbours, ManualTime time)
    {
        (_services, _folder, _keepFolder, _sent, Neighbours, Time) = (services, folder, keepFolder, sent, neighbours, time);
    }

    public Neighbours Neighbours { get; }

    public ManualTime Time { get; }

    public DirectoryInfo Folder => _folder;

    public MemoryLeases Leases => (MemoryLeases)_services.GetRequiredService<ILeases>();

    public FanOut FanOut => _services.GetRequiredService<FanOut>();

    public IMediator Mediator => _services.GetRequiredService<IMediator>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A server that has run for a while, so that who is not there is known not to be.</summary>
    public static Task<World> StartAsync(params string[] settings) => StartAsync(null, settle: true, null, settings);

    public static async Task<World> StartAsync(DirectoryInfo? folder, bool settle, IPeopleStore? store, params string[] settings)
    {
        var data = folder ?? Directory.CreateTempSubdirectory("modularchat-unit-");
        var values = settings.Append($"Storage:Directory={data.FullName}").Select(s => s.Split('=', 2)).ToDictionary(p => p[0], string? (p) => p[1]);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var (sent, neighbours, time) = (new Sent(), new Neighbours(), new ManualTime());
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton<TimeProvider>(time);
        collection.AddStorage(configuration);
        collection.AddPresence(configuration);
        collection.AddDispatch(typeof(PresenceModule).Assembly);
        collection.AddSingleton<IRequestHandler<GetAudiences, Audience[]>>(neighbours);
        collection.AddSingleton<IRequestHandler<GetDirectPartners, Guid[]>>(neighbours);
        collection.AddSingleton<IRequestHandler<GetRecipients, Guid[]>>(neighbours);
        collection.AddSingleton<INotificationHandler<PresenceMoved>>(sent);
        if (store is not null)
        {
            collection.AddSingleton(store);
        }
        var world = new World(collection.BuildServiceProvider(), data, folder is not null, sent, neighbours, time);
        _ = world.FanOut;
        if (settle)
        {
            await world.PassAsync(TimeSpan.FromSeconds(Life));
        }
        return world;
    }

    public Guid NewUser()
    {
        var id = Ids.New();
        Neighbours.Users.Add(id);
        return id;
    }

    /// <summary>Opens a connection of a device that is new, or of the one given.</summary>
    public async Task<Device> ConnectAsync(Guid user, Device? same = null)
    {
        var device = new Device(Ids.New(), same?.Caller ?? new Caller(user, Ids.New(), Ids.New()));
        await Mediator.Send(new KeepConnection(device.Connection, device.Caller, "websocket", Guid.Empty, Life), Token);
        return device;
    }

    public async Task<bool> BeatAsync(Device device, bool isActive = false, int ageMilliseconds = 0) =>
        (await Mediator.Send(new KeepConnections([new ConnectionBeat(device.Connection, ageMilliseconds, isActive)], Life), Token)).Length == 0;

    /// <summary>The connection closes; it may come back.</summary>
    public Task DropAsync(Device device) => Mediator.Send(new DropConnection(device.Connection, Life), Token);

    public Task GoodbyeAsync(Device device) => Mediator.Send(new DropConnection(device.Connection, 0), Token);

    public Task LogOutAsync(Device device) =>
        Mediator.Publish(new SessionEnded(device.Caller.SessionId!.Value, device.User, device.Caller.DeviceId!.Value), Token);

    public Task<PresenceInfo> SetAsync(Guid user, PresenceState? state = null, PresenceStatus? status = null) =>
        Mediator.Send(new SetPresence(new Caller(user), state, status), Token);

    public async Task<PresenceInfo> SeeAsync(Guid viewer, Guid user) => (await Mediator.Send(new GetPresence(new Caller(viewer), [user]), Token))[0];

    public async Task<PresenceState> StateAsync(Guid viewer, Guid user) => (await SeeAsync(viewer, user)).State;

    public Task WatchAsync(Device device, params Guid[] users) => WatchAsync(device, false, users, []);

    public Task WatchAsync(Device device, bool contacts, Guid[] users, Guid[] conversations) =>
        Mediator.Send(new WatchPresence(device.Caller, device.Connection, contacts, users, conversations), Token);

    public Task BlockAsync(Guid one, Guid other)
    {
        Neighbours.Blocks.Add((one, other));
        return Mediator.Publish(new BlockChanged(one, other), Token);
    }

    public Task ChangedAsync(Guid user, string subject) => Mediator.Publish(new UserDataChanged(user, subject, 1), Token);

    /// <summary>Time passes, second by second as the loop would see it; devices given beat every ten.</summary>
    public async Task PassAsync(TimeSpan span, params Device[] beating)
    {
        for (var second = 1; second <= span.TotalSeconds; second++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            foreach (var device in second % 10 == 0 ? beating : [])
            {
                await BeatAsync(device);
            }
            await FanOut.TickAsync(Token);
        }
    }

    public Task TickAsync() => PassAsync(TimeSpan.FromSeconds(1));

    /// <summary>What a connection was sent since the last call.</summary>
    public PresencePush[] Taken(Device device) => _sent.Take(device.Connection);

    /// <summary>The users in what a connection was sent since the last call.</summary>
    public PresenceInfo[] TakenUsers(Device device) => [.. Taken(device).SelectMany(push => push.Users)];

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (!_keepFolder)
        {
            _folder.Delete(recursive: true);
        }
    }

    private sealed class Sent : INotificationHandler<PresenceMoved>
    {
        private readonly Dictionary<Guid, List<PresencePush>> _byConnection = [];

        public Task Handle(PresenceMoved notification, CancellationToken cancellationToken)
        {
            foreach (var push in notification.Pushes)
            {
                foreach (var connection in push.ConnectionIds)
                {
                    (_byConnection.TryGetValue(connection, out var list) ? list : _byConnection[connection] = []).Add(push);
                }
            }
            return Task.CompletedTask;
        }

        public PresencePush[] Take(Guid connection) => _byConnection.Remove(connection, out var list) ? [.. list] : [];
    }
}
