using System.Net.Http.Json;
using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Host;
using ModularChat.IntegrationTests.Description;

namespace ModularChat.IntegrationTests.Servers;

/// <summary>
/// The real server inside the test process, on real sockets of 127.0.0.1 with free ports and in a folder of its own, which
/// goes with it. <c>await using var server = await ChatServer.StartAsync();</c>
/// </summary>
internal sealed class ChatServer : IAsyncDisposable
{
    private readonly bool _ownsFolder;
    private WebApplication? _app;

    private ChatServer(WebApplication app, string folder, bool ownsFolder)
    {
        _app = app;
        Folder = folder;
        _ownsFolder = ownsFolder;
        var addresses = app.Urls.Where(u => !u.StartsWith("http://unix:", StringComparison.Ordinal)).ToArray();
        Url = new Uri(addresses[0]);
        Http2Url = new Uri(addresses[1]);
        InternalUrl = new Uri(addresses[^1]);
        HttpsUrl = addresses.Length > 2 ? new Uri(addresses[2]) : null;
        Anonymous = NewClient(null);
    }

    /// <summary>Where HTTP/1.1 and WebSockets are.</summary>
    public Uri Url { get; }

    /// <summary>Where HTTP/2 without TLS is.</summary>
    public Uri Http2Url { get; }

    /// <summary>Where TLS is, when it was asked for.</summary>
    public Uri? HttpsUrl { get; }

    /// <summary>Where other nodes ask it, when that was asked for.</summary>
    public Uri InternalUrl { get; }

    /// <summary>The data folder.</summary>
    public string Folder { get; }

    /// <summary>A client without credentials.</summary>
    public HttpClient Anonymous { get; }

    /// <summary>The address of the WebSocket.</summary>
    public Uri WebSocketUrl => new UriBuilder(Url) { Scheme = "ws", Path = "/api/v1/ws" }.Uri;

    /// <summary>Every request of the API that is mapped: method and route below <c>/api/v1/</c>.</summary>
    public IEnumerable<string> Requests =>
        from route in _app!.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
        let path = route.RoutePattern.RawText!.TrimStart('/')
        where path.StartsWith("api/v1/", StringComparison.Ordinal)
        from method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select $"{method} {path["api/v1/".Length..]}";

    /// <summary>Starts a server.</summary>
    /// <param name="time">The server's time; the real one when null.</param>
    /// <param name="folder">A data folder to use, which is then left behind; a new one when null.</param>
    /// <param name="adjust">Changes services last: a store that fails, a planted bug.</param>
    /// <param name="settings">As on the command line, without the dashes: <c>Messaging:MaxGroupMembers=3</c>.</param>
    public static async Task<ChatServer> StartAsync(TimeProvider? time = null, string? folder = null, Action<IServiceCollection>? adjust = null, params string[] settings)
    {
        var data = folder ?? Directory.CreateTempSubdirectory("modularchat-test-").FullName;
        string[] args =
        [
            "--Host:Url=http://127.0.0.1:0",
            "--Host:Http2Url=http://127.0.0.1:0",
            $"--Storage:Directory={data}",
            "--Logging:LogLevel:Default=Warning",
            // Given, so that none is printed.
            "--Identity:SetupCode=setup-code-of-tests",
            // All users of a test come from one address.
            "--Identity:RegistrationsPerMinute=0",
            "--Identity:LogInsPerMinute=0",
            .. settings.Select(s => "--" + s),
        ];
        var app = Server.Build(args, services =>
        {
            if (time is not null)
            {
                services.AddSingleton(time);
            }
            adjust?.Invoke(services);
        });
        try
        {
            await Server.StartAsync(app, TestContext.Current.CancellationToken);
            return new ChatServer(app, data, folder is null);
        }
        catch
        {
            await app.DisposeAsync();
            if (folder is null)
            {
                Directory.Delete(data, recursive: true);
            }
            throw;
        }
    }

    /// <summary>Registers a user of this name on a first device. The first one of a server is its administrator.</summary>
    public Task<ChatUser> RegisterAsync(string name) => EnterAsync("register", name);

    /// <summary>Logs a registered user in on another device.</summary>
    public Task<ChatUser> LoginAsync(string name) => EnterAsync("login", name);

    /// <summary>Registers several users.</summary>
    public async Task<ChatUser[]> RegisterAsync(params string[] names)
    {
        var users = new ChatUser[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            users[i] = await RegisterAsync(names[i]);
        }
        return users;
    }

    /// <summary>A client of the API's root with this credential; HTTP/1.1 with keep-alive.</summary>
    public HttpClient NewClient(string? token) => NewClient(Url, token, new Version(1, 1));

    /// <summary>A client over HTTP/2 without TLS.</summary>
    public HttpClient NewHttp2Client(string? token) => NewClient(Http2Url, token, new Version(2, 0));

    /// <summary>What the server is made of.</summary>
    public IServiceProvider Services => _app!.Services;

    /// <summary>Asks a module as another module does.</summary>
    public Task<T> AskModulesAsync<T>(IRequest<T> request) => _app!.Services.GetRequiredService<IMediator>().Send(request, TestContext.Current.CancellationToken);

    /// <summary>Stops the server in order; the folder stays until the server is disposed.</summary>
    public async Task StopAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Anonymous.Dispose();
        await StopAsync();
        if (_ownsFolder && Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private async Task<ChatUser> EnterAsync(string how, string name)
    {
        var response = await Anonymous.PostAsJsonAsync(how, new { name, password = ChatUser.Password, device = new { name = "test", platform = "test" } }, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        response.IsSuccessStatusCode.ShouldBeTrue($"{how} {name}: {text}");
        using var answer = JsonDocument.Parse(text);
        var session = answer.RootElement.GetProperty("session");
        var token = session.GetProperty("token").GetString()!;
        return new ChatUser(
            answer.RootElement.GetProperty("user").GetProperty("id").GetGuid(), name, session.GetProperty("deviceId").GetGuid(), token, NewClient(token));
    }

    private static HttpClient NewClient(Uri url, string? token, Version version)
    {
        var client = new HttpClient(new DescribedHandler(new SocketsHttpHandler { UseProxy = false, UseCookies = false }))
        {
            BaseAddress = new Uri(url, "/api/v1/"),
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }
        return client;
    }
}
