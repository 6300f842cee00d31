using System.Collections.Concurrent;
using MediatR;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity;
using ModularChat.Identity.Accounts;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;
using ModularChat.Shared;
using ModularChat.Storage;

namespace ModularChat.StorageTests.Identity;

/// <summary>The module without the host: its services on a folder of their own, a time that stands still, and what it publishes.</summary>
internal sealed class IdentityServer : IAsyncDisposable
{
    public const string Password = "correct horse battery";

    public static readonly Origin Local = new("127.0.0.1", IsThisMachine: true);
    public static readonly Origin Remote = new("192.0.2.1", IsThisMachine: false);

    private readonly TemporaryFolder _folder = new();
    private bool _isNode;

    private readonly DeployedDatabases _databases;

    private IdentityServer(DeployedDatabases databases, ServiceProvider? services = null) => (_databases, Services) = (databases, services!);

    public ServiceProvider Services { get; private set; }

    public ManualTime Time { get; private init; } = new();

    public ConcurrentQueue<INotification> Published { get; } = new();

    public CountingHasher Hasher { get; } = new();

    public string Folder => _folder.Path;

    public Databases Databases => Get<Databases>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<IdentityServer> StartAsync(Deployment deployment, params string[] settings)
    {
        _ = StatementWatch.Instance;
        var server = new IdentityServer(await DeployedDatabases.TakeAsync(deployment));
        server.Services = server.Build(settings);
        await server.Get<SchemaOpener>().OpenAsync(Cancel);
        return server;
    }

    /// <summary>Another node on the same databases of a server: services of its own, the same time.</summary>
    public Task<IdentityServer> JoinAsync(params string[] settings) => JoinAsync(null, settings);

    /// <summary>Another node of another program.</summary>
    public async Task<IdentityServer> JoinAsync(Action<IServiceCollection>? adjust, params string[] settings)
    {
        _databases.AreSpoilt |= adjust is not null;
        var node = new IdentityServer(_databases) { _isNode = true, Time = Time };
        node.Services = node.Build(settings, adjust);
        await node.Get<SchemaOpener>().OpenAsync(Cancel);
        return node;
    }

    /// <summary>Everything that is kept, as text.</summary>
    public Task<string> ReadAllAsync() => _databases.ReadAllAsync(_folder.Path, Cancel);

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    public Task<TResponse> SendAsync<TResponse>(IRequest<TResponse> request) => Get<IMediator>().Send(request, Cancel);

    /// <summary>Registers; the first is the administrator.</summary>
    public Task<AccountAnswer> RegisterAsync(string name, Origin? origin = null, string? invite = null, string? setupCode = null) =>
        Get<Registration>().RegisterAsync(new RegisterRequest(name, Password, Invite: invite, SetupCode: setupCode), origin ?? Local, Cancel);

    public Task<AccountAnswer> LogInAsync(string name, string password = Password, Origin? origin = null, DeviceRequest? device = null) =>
        Get<LogIn>().LogInAsync(new LogInRequest(name, password, device), origin ?? Local, Cancel);

    public async Task<Caller?> WhoAsync(string token, Guid? actAs = null) => (await SendAsync(new Authenticate(token, actAs)))?.Caller;

    public async Task<Caller> CallerAsync(AccountAnswer account) => (await WhoAsync(account.Session.Token)).ShouldNotBeNull();

    /// <summary>Registers and gives the caller that the session stands for.</summary>
    public async Task<Caller> EnterAsync(string name) => await CallerAsync(await RegisterAsync(name));

    /// <summary>Another process on the same file: new services, nothing in memory.</summary>
    public Task RestartAsync(params string[] settings) => RestartAsync(null, settings);

    /// <summary>Another program on the same databases.</summary>
    public async Task RestartAsync(Action<IServiceCollection>? adjust, params string[] settings)
    {
        _databases.AreSpoilt |= adjust is not null;
        await Services.DisposeAsync();
        Services = Build(settings, adjust);
        await Get<SchemaOpener>().OpenAsync(Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        Get<SchemaOpener>().Close();
        await Services.DisposeAsync();
        _folder.Dispose();
        if (!_isNode)
        {
            await _databases.DisposeAsync();
        }
        StatementWatch.Instance.Violations.ShouldBeEmpty();
    }

    public static async Task<ChatException> RefusedAsync(ProblemCode code, Func<Task> act)
    {
        var refusal = await Should.ThrowAsync<ChatException>(act);
        refusal.Code.ShouldBe(code, refusal.Message);
        return refusal;
    }

    private ServiceProvider Build(string[] settings, Action<IServiceCollection>? adjust = null)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Storage:Directory"] = _folder.Path,
            ["Identity:RegistrationsPerMinute"] = "0",
            ["Identity:LogInsPerMinute"] = "0",
        };
        foreach (var setting in settings.Concat(_databases.Settings))
        {
            var parts = setting.Split('=', 2);
            values[parts[0]] = parts[1];
        }
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<IPasswordHasher<UserRow>>(Hasher);
        services.AddStorage(configuration);
        services.AddIdentity(configuration);
        services.AddSingleton<ServiceFactory>(provider => provider.GetService!);
        services.AddSingleton<IMediator>(provider => new Mediator(provider.GetRequiredService<ServiceFactory>()));
        foreach (var type in typeof(IdentityModule).Assembly.GetTypes())
        {
            foreach (var handled in type.GetInterfaces().Where(IsHandler))
            {
                services.AddTransient(handled, type);
            }
        }
        var events = new Events(Published);
        services.AddSingleton<INotificationHandler<SessionEnded>>(events);
        services.AddSingleton<INotificationHandler<BlockChanged>>(events);
        services.AddSingleton<INotificationHandler<UserDataChanged>>(events);
        adjust?.Invoke(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    private static bool IsHandler(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(IRequestHandler<,>) || type.GetGenericTypeDefinition() == typeof(INotificationHandler<>));

    private sealed class Events(ConcurrentQueue<INotification> published)
        : INotificationHandler<SessionEnded>, INotificationHandler<BlockChanged>, INotificationHandler<UserDataChanged>
    {
        public Task Handle(SessionEnded notification, CancellationToken cancellationToken) => Keep(notification);

        public Task Handle(BlockChanged notification, CancellationToken cancellationToken) => Keep(notification);

        public Task Handle(UserDataChanged notification, CancellationToken cancellationToken) => Keep(notification);

        private Task Keep(INotification notification)
        {
            published.Enqueue(notification);
            return Task.CompletedTask;
        }
    }
}

/// <summary>The real hasher with little to do, which counts how often it checks.</summary>
internal sealed class CountingHasher() : PasswordHasher<UserRow>(Options.Create(new PasswordHasherOptions { IterationCount = 1000 }))
{
    public int Checked { get; private set; }

    public override PasswordVerificationResult VerifyHashedPassword(UserRow user, string hashedPassword, string providedPassword)
    {
        Checked++;
        return base.VerifyHashedPassword(user, hashedPassword, providedPassword);
    }
}
