using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Dispatch;
using ModularChat.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Storage;
using ModularChat.Shared;
using ModularChat.Storage;

namespace ModularChat.UnitTests.Messaging;

/// <summary>The module Messaging on its real log, with the real mediator, and with <see cref="People"/> in the place of Identity.</summary>
internal sealed class Chat : IAsyncDisposable
{
    private readonly ServiceProvider services;
    private readonly DirectoryInfo folder;
    private bool isClosed;

    private Chat(ServiceProvider services, DirectoryInfo folder, People people, ManualTime time, Published published)
    {
        this.services = services;
        this.folder = folder;
        People = people;
        Time = time;
        Published = published;
    }

    public People People { get; }

    public ManualTime Time { get; }

    public Published Published { get; }

    public IMediator Mediator => services.GetRequiredService<IMediator>();

    public IMessageLog Log => services.GetRequiredService<IMessageLog>();

    public CommitPublisher Publisher => services.GetRequiredService<CommitPublisher>();

    public Positions Positions => services.GetRequiredService<Positions>();

    public ConversationCache Cache => services.GetRequiredService<ConversationCache>();

    public IServiceProvider Services => services;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<Chat> StartAsync(params string[] settings) => OpenAsync(Directory.CreateTempSubdirectory("modularchat-unit-"), settings);

    /// <summary>On a folder that is there; it is deleted in the end.</summary>
    public static Task<Chat> OpenAsync(DirectoryInfo data, params string[] settings) => OpenAsync(data, static _ => { }, settings);

    /// <summary>With some services replaced.</summary>
    public static async Task<Chat> OpenAsync(DirectoryInfo data, Action<IServiceCollection> adjust, params string[] settings)
    {
        var values = settings.Append($"Storage:Directory={data.FullName}").Select(s => s.Split('=', 2)).ToDictionary(p => p[0], string? (p) => p[1]);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var people = new People();
        var time = new ManualTime();
        var published = new Published();
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton<TimeProvider>(time);
        collection.AddSingleton<IConfiguration>(configuration);
        collection.AddStorage(configuration);
        collection.AddMessaging(configuration);
        collection.AddDispatch(typeof(MessagingModule).Assembly);
        collection.AddSingleton<IRequestHandler<GetRelations, Relation[]>>(people);
        collection.AddSingleton<IRequestHandler<FindUsersByName, UserInfo[]>>(people);
        collection.AddSingleton<IRequestHandler<GetDataVersions, Dictionary<string, long>>>(people);
        collection.AddSingleton<INotificationHandler<MessageStored>>(published);
        collection.AddSingleton<INotificationHandler<LogReopened>>(published);
        adjust(collection);
        var provider = collection.BuildServiceProvider();
        foreach (var hosted in provider.GetServices<IHostedService>())
        {
            if (hosted is IHostedLifecycleService first)
            {
                await first.StartingAsync(Token);
            }
            await hosted.StartAsync(Token);
        }
        return new Chat(provider, data, people, time, published);
    }

    public static Caller As(Guid user) => new(user);

    /// <summary>A group of an owner and others.</summary>
    public async Task<Guid> GroupAsync(Guid owner, HistoryVisibility history, params Guid[] others)
    {
        var id = Ids.New();
        await Mediator.Send(new CreateGroup(As(owner), id, "Group", others, history), Token);
        return id;
    }

    public async Task<Guid> DirectAsync(Guid one, Guid other) => (await Mediator.Send(new OpenDirect(As(one), other), Token)).Id;

    public Task<Stored> SendAsync(Guid user, Guid conversation, string text = "text", Guid? id = null, long? replyTo = null) =>
        Mediator.Send(new SendMessage(As(user), conversation, id ?? Ids.New(), text, replyTo), Token);

    public Task<ConversationInfo> SeeAsync(Guid user, Guid conversation) => Mediator.Send(new GetConversation(As(user), conversation), Token);

    public async Task<Entry> ReadAsync(Guid conversation, long seq) =>
        (await Log.ReadAsync(conversation, seq, seq, 1, newest: false, Token)).ShouldHaveSingleItem().Entry;

    /// <summary>The code under which something is refused, or <c>ok</c>.</summary>
    public static async Task<string> CodeOfAsync(Func<Task> operation)
    {
        try
        {
            await operation();
            return "ok";
        }
        catch (ChatException refusal)
        {
            return refusal.Code.Code;
        }
    }

    /// <summary>Stops it and leaves the folder.</summary>
    public async Task<DirectoryInfo> CloseAsync()
    {
        foreach (var hosted in services.GetServices<IHostedService>().OfType<IHostedLifecycleService>())
        {
            await hosted.StoppingAsync(CancellationToken.None);
        }
        foreach (var hosted in services.GetServices<IHostedService>().Reverse())
        {
            await hosted.StopAsync(CancellationToken.None);
            if (hosted is IHostedLifecycleService last)
            {
                await last.StoppedAsync(CancellationToken.None);
            }
        }
        await services.DisposeAsync();
        isClosed = true;
        return folder;
    }

    public async ValueTask DisposeAsync()
    {
        if (!isClosed)
        {
            (await CloseAsync()).Delete(recursive: true);
        }
    }
}

/// <summary>Remembers what was published.</summary>
internal sealed class Published : INotificationHandler<MessageStored>, INotificationHandler<LogReopened>
{
    private int reopened;

    public ConcurrentQueue<MessageStored> Events { get; } = [];

    /// <summary>What each event waits for: a handler that is slow.</summary>
    public Task Slow { get; set; } = Task.CompletedTask;

    public async Task Handle(MessageStored notification, CancellationToken cancellationToken)
    {
        await Slow.WaitAsync(cancellationToken);
        Events.Enqueue(notification);
    }

    public Task Handle(LogReopened notification, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref reopened);
        return Task.CompletedTask;
    }

    /// <summary>Waits until everybody was told to sync.</summary>
    public async Task SyncAsync()
    {
        while (Volatile.Read(ref reopened) == 0)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The entry of a conversation as it was published; waits for it.</summary>
    public async Task<StoredEntry> EntryAsync(Guid conversation, long seq)
    {
        while (true)
        {
            foreach (var entry in Events.SelectMany(e => e.Entries))
            {
                if (entry.Entry.ConversationId == conversation && entry.Entry.Seq == seq)
                {
                    return entry;
                }
            }
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
