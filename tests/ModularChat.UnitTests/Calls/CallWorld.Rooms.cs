using System.Text.Json;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Calls.Mixing;
using ModularChat.Calls.Rooms;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Messaging;

namespace ModularChat.UnitTests.Calls;

/// <summary>What voice rooms need of it.</summary>
internal sealed partial class CallWorld :
    IRequestHandler<GetConversation, ConversationInfo>, IRequestHandler<GetMemberships, Guid[]>, INotificationHandler<RoomChanged>, INotificationHandler<RoomSignalled>
{
    public StandInMixer Mixer { get; } = new();

    public List<RoomChanged> RoomsTold { get; } = [];

    public List<RoomSignalled> RoomSignals { get; } = [];

    public HashSet<Guid> Administrators { get; } = [];

    public Guid Group(params End[] members)
    {
        var id = Ids.New();
        Conversations[id] = [.. members.Select(one => one.User)];
        return id;
    }

    public Task<RoomAnswer> JoinAsync(End end, Guid group) => SendAsync(new JoinRoom(end.Caller, group, end.LegId, Muted: false, Deafened: false));

    public Task<RoomInfo> RenewAsync(End end, Guid group, bool? muted = null, bool? speaking = null) => SendAsync(new RenewRoom(end.Caller, group, end.LegId, muted, null, speaking));

    public Task LeaveAsync(End end, Guid group) => SendAsync(new LeaveRoom(end.Caller, group, end.LegId));

    public async Task<RoomInfo?> SeeAsync(End end, Guid group) => (await SendAsync(new GetRoom(end.Caller, group, null, 0))).Room;

    /// <summary>Tells what waits to be told.</summary>
    public Task FlushAsync() => _services.GetRequiredService<RoomTeller>().FlushAsync(Token);

    public Task LookAtRoomsAsync() => _services.GetRequiredService<RoomLoop>().LookAsync(Token);

    /// <summary>Somebody is added to a group or leaves it, and the log says so.</summary>
    public async Task ChangeMembersAsync(Guid group, MembersAction action, End end)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new MembersBody(action, [end.User]), ContractsJson.Default.MembersBody);
        var entry = new Entry { ConversationId = group, Seq = 2, Kind = EntryKind.Members, SenderId = end.User, At = Time.GetUtcNow(), Number = 0, Body = new JsonBody(body) };
        await PublishAsync(new MessageStored(0, 1, 2, [new StoredEntry(2, entry, [])], []));
        await _services.GetRequiredService<RoomLoop>().PutOutAsync(Token);
    }

    /// <summary>The process that listened to the mixer dies; nobody has taken its place yet.</summary>
    public async Task OrphanAsync(Guid group)
    {
        var board = _services.GetRequiredService<IRoomBoard>();
        var room = (await board.FindAsync(group, Token))!;
        (await board.TryReplaceAsync(room, room with { Mixer = room.Mixer! with { OwnerId = null, OwnerUntil = 0 } }, Token)).ShouldBeTrue();
    }

    public Task SweepAsync() => _services.GetRequiredService<MixerDesk>().SweepAsync(Token);

    public Task<ConversationInfo> Handle(GetConversation request, CancellationToken cancellationToken) => Task.FromResult(new ConversationInfo
    {
        Id = request.ConversationId,
        Kind = ConversationKind.Group,
        Head = 1,
        StateSeq = 1,
        MemberCount = 1,
        Me = new OwnState(
            Administrators.Contains(request.Caller.UserId) ? MemberRole.Administrator : Conversations[request.ConversationId].Contains(request.Caller.UserId) ? MemberRole.Member : MemberRole.None,
            [],
            0,
            0,
            0,
            1),
    });

    public Task<Guid[]> Handle(GetMemberships request, CancellationToken cancellationToken) =>
        Task.FromResult(request.ConversationIds.Where(id => Conversations[id].Contains(request.Caller.UserId)).ToArray());

    public Task Handle(RoomChanged notification, CancellationToken cancellationToken)
    {
        RoomsTold.Add(notification);
        return Task.CompletedTask;
    }

    public Task Handle(RoomSignalled notification, CancellationToken cancellationToken)
    {
        lock (RoomSignals)
        {
            RoomSignals.Add(notification);
        }
        return Task.CompletedTask;
    }

    private void AddRooms(ServiceCollection collection)
    {
        collection.AddSingleton<IRequestHandler<GetConversation, ConversationInfo>>(this);
        collection.AddSingleton<IRequestHandler<GetMemberships, Guid[]>>(this);
        collection.AddSingleton<INotificationHandler<RoomChanged>>(this);
        collection.AddSingleton<INotificationHandler<RoomSignalled>>(this);
        collection.AddSingleton<IMixer>(Mixer);
    }
}
