using System.Globalization;
using System.Net;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery;
using ModularChat.Host.Dispatch;
using ModularChat.Host.Dispatch.Remote;
using ModularChat.Host.Gateway;
using ModularChat.Host.Roles;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Roles;

/// <summary>
/// The way between nodes alone, on real sockets: one end that asks, and ends that answer what the test says. No stores, no registry, and on the asking side a time that the
/// test moves.
/// </summary>
internal sealed class ScriptedNodes : IAsyncDisposable
{
    private readonly ServiceProvider _asking;
    private readonly List<WebApplication> _ends = [];
    private readonly List<NodeAddress> _addresses = [];

    private ScriptedNodes() => _asking = Services("api", "asks", Time, (_, _, _) => throw new NotSupportedException()).BuildServiceProvider();

    /// <summary>What is asked, in which node, until when; the answer.</summary>
    public delegate Task<object> Script(string node, object request, CancellationToken token);

    public ManualTime Time { get; } = new();

    public NodeCalls Calls => _asking.GetRequiredService<NodeCalls>();

    public Deadline Deadline => _asking.GetRequiredService<Deadline>();

    /// <summary>As it came to the node that was asked last.</summary>
    public HttpContext? LastRequest { get; private set; }

    /// <summary>The time that the last request came with.</summary>
    public TimeSpan LeftAtLast() => TimeSpan.FromMilliseconds(long.Parse(LastRequest!.Request.Headers[NodeLink.DeadlineHeader].ToString(), CultureInfo.InvariantCulture));

    /// <summary>The spans of the end that asks.</summary>
    public Telemetry Telemetry => _asking.GetRequiredService<Telemetry>();

    public static async Task<ScriptedNodes> StartAsync(int count, Script script)
    {
        var nodes = new ScriptedNodes();
        for (var i = 0; i < count; i++)
        {
            await nodes.AddAsync($"node-{i}", script);
        }
        return nodes;
    }

    /// <summary>A node of the registry that nobody listens for.</summary>
    public void AddGhost() => _addresses.Add(new NodeAddress("ghost", Ids.New(), "http://127.0.0.1:1", 0, 0));

    public async Task StopAsync(int node) => await _ends[node].StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _asking.DisposeAsync();
        foreach (var end in _ends)
        {
            await end.DisposeAsync();
        }
    }

    private async Task AddAsync(string id, Script script)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2));
        foreach (var service in Services("messaging,presence", id, TimeProvider.System, script))
        {
            builder.Services.Add(service);
        }
        var app = builder.Build();
        var endpoint = app.Services.GetRequiredService<InternalEndpoint>();
        app.Run(context =>
        {
            LastRequest = context;
            return endpoint.HandleAsync(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        _ends.Add(app);
        var self = app.Services.GetRequiredService<ScriptedMediator>();
        self.Self = self.Self with { Url = app.Urls.Single() };
        _addresses.Add(self.Self);
    }

    private ServiceCollection Services(string role, string id, TimeProvider time, Script script)
    {
        var loaded = LoadedModules.Read(new ConfigurationManager { ["Cluster:Roles"] = role });
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(time);
        services.AddSingleton(new Node(Ids.New()));
        services.AddSingleton<Telemetry>();
        services.AddSingleton(Options.Create(new ClusterOptions { Secret = SplitCluster.Secret, RequestSeconds = 10 }));
        services.AddSingleton(Options.Create(new DiscoveryOptions()));
        services.AddSingleton(new ScriptedMediator(new NodeAddress(id, Ids.New(), "", 0, 0), _addresses, script));
        services.AddSingleton<IMediator>(provider => provider.GetRequiredService<ScriptedMediator>());
        services.AddRemote(loaded);
        services.AddSingleton(loaded);
        return services;
    }

    private sealed class ScriptedMediator(NodeAddress self, List<NodeAddress> others, Script script) : IMediator
    {
        public NodeAddress Self { get; set; } = self;

        public async Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default) => request is FindNodes
            ? (TResponse)(object)new NodeList(Self, [.. others])
            : (TResponse)await script(Self.Id, request, cancellationToken);

        public Task Publish<TNotification>(TNotification notification, CancellationToken cancellationToken = default)
            where TNotification : INotification => Task.CompletedTask;
    }
}
