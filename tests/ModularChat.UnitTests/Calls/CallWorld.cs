using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Calls;
using ModularChat.Calls.Calling;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Dispatch;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Calls;

/// <summary>One end of a call that a test plays.</summary>
internal sealed record End(Caller Caller, Guid LegId)
{
    public Guid User => Caller.UserId;

    public static End Of(Guid user) => new(new Caller(user, SessionId: Ids.New()), Ids.New());
}

/// <summary>The module Calls with the real mediator, a time that stands still, and stand-ins for who knows whom. What is told and written is kept.</summary>
internal sealed partial class CallWorld : IAsyncDisposable,
    IRequestHandler<GetRecipients, Guid[]>, IRequestHandler<GetRelations, Relation[]>, IRequestHandler<GetAttention, Attention[]>, IRequestHandler<RecordCall, Stored>,
    INotificationHandler<CallChanged>, INotificationHandler<CallSignalled>
{
    private readonly ServiceProvider _services;

    public CallWorld()
        : this([])
    {
    }

    public CallWorld(params string[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => s.Split('=', 2)).ToDictionary(p => p[0], string? (p) => p[1])).Build();
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton<TimeProvider>(Time);
        collection.AddCalls(configuration);
        collection.AddDispatch(typeof(CallsModule).Assembly);
        collection.AddSingleton<IRequestHandler<GetRecipients, Guid[]>>(this);
        collection.AddSingleton<IRequestHandler<GetRelations, Relation[]>>(this);
        collection.AddSingleton<IRequestHandler<GetAttention, Attention[]>>(this);
        collection.AddSingleton<IRequestHandler<RecordCall, Stored>>(this);
        collection.AddSingleton<INotificationHandler<CallChanged>>(this);
        collection.AddSingleton<INotificationHandler<CallSignalled>>(this);
        AddRooms(collection);
        _services = collection.BuildServiceProvider();
    }

    public ManualTime Time { get; } = new();

    public HashSet<Guid> Undisturbed { get; } = [];

    public HashSet<Guid> Blocked { get; } = [];

    public List<CallChanged> Told { get; } = [];

    public List<CallSignalled> Signals { get; } = [];

    public List<RecordCall> Written { get; } = [];

    public bool IsLogAway { get; set; }

    public Dictionary<Guid, Guid[]> Conversations { get; } = [];

    private IMediator Mediator => _services.GetRequiredService<IMediator>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public Task<CallAnswer> StartAsync(End from, Guid to, Guid? callId = null)
    {
        var conversation = Ids.Direct(from.User, to);
        Conversations[conversation] = [from.User, to];
        return Mediator.Send(new StartCall(from.Caller, conversation, callId ?? Ids.New(), from.LegId), Token);
    }

    public Task<TAnswer> SendAsync<TAnswer>(IRequest<TAnswer> request) => Mediator.Send(request, Token);

    public Task PublishAsync(INotification happened) => Mediator.Publish(happened, Token);

    public Task<CallInfo> HangUpAsync(End end, Guid call) => SendAsync(new HangUpCall(end.Caller, call, end.LegId, HasFailed: false));

    /// <summary>A second passes, and the server looks.</summary>
    public async Task PassAsync(int seconds, params (End End, Guid Call)[] alive)
    {
        for (var i = 0; i < seconds; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            foreach (var (end, call) in alive)
            {
                await SendAsync(new RenewCall(end.Caller, call, end.LegId));
            }
            await _services.GetRequiredService<CallLoop>().TickAsync(Token);
            await LookAtRoomsAsync();
        }
    }

    /// <summary>The code of a refusal.</summary>
    public static async Task<string> RefusedAsync(Func<Task> request) => (await Should.ThrowAsync<ChatException>(request)).Code.Code;

    public Task<Guid[]> Handle(GetRecipients request, CancellationToken cancellationToken) =>
        !Conversations.TryGetValue(request.ConversationId, out var members) || !members.Contains(request.Caller.UserId) ? throw ChatException.NoConversation()
        : members.Any(Blocked.Contains) ? throw new ChatException(ProblemCodes.Unreachable, "Blocked.")
        : Task.FromResult(members);

    public Task<Relation[]> Handle(GetRelations request, CancellationToken cancellationToken) =>
        Task.FromResult(request.OtherIds.Select(id => new Relation(id, Blocked.Contains(id) || Blocked.Contains(request.UserId), false)).ToArray());

    public Task<Attention[]> Handle(GetAttention request, CancellationToken cancellationToken) =>
        Task.FromResult(request.UserIds.Select(id => new Attention(id, Undisturbed.Contains(id), false)).ToArray());

    public Task<Stored> Handle(RecordCall request, CancellationToken cancellationToken)
    {
        if (IsLogAway)
        {
            throw new ChatException(ProblemCodes.StorageUnavailable, "Away.");
        }
        lock (Written)
        {
            Written.Add(request);
        }
        return Task.FromResult(new Stored(request.ConversationId, Written.Count, Time.GetUtcNow(), false));
    }

    public Task Handle(CallChanged notification, CancellationToken cancellationToken)
    {
        lock (Told)
        {
            Told.Add(notification);
        }
        return Task.CompletedTask;
    }

    public Task Handle(CallSignalled notification, CancellationToken cancellationToken)
    {
        Signals.Add(notification);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
