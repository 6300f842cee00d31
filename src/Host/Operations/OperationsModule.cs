using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Identity;
using ModularChat.Host.Gateway;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Operations;

/// <summary>What keeps the process running and tells how it does.</summary>
internal static class OperationsModule
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    public static void AddOperations(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<ServerOptions>().Bind(builder.Configuration.GetSection("Host")).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<Microsoft.Extensions.Hosting.HostOptions>().Configure<IOptions<ServerOptions>, IOptions<GatewayOptions>>(
            (host, options, gateway) =>
            {
                // First the connections are sent away, which takes a second more where others have to hear of it; then requests finish.
                host.ShutdownTimeout = TimeSpan.FromSeconds(options.Value.ShutdownSeconds + gateway.Value.DrainSeconds + 1);
                // Half a server is worse than none: whoever watches over the process starts it again.
                host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
            });
        services.AddOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>().Configure<IOptions<ServerOptions>, IOptions<ClusterOptions>>(
            (kestrel, options, cluster) => Listening.Configure(kestrel, options.Value, cluster.Value));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Limits>();
        services.AddHostedService<LoadReporter>();
        services.AddHealthChecks()
            .AddCheck<DataFolderCheck>("data folder");
        // What a class needs and nobody registered shows at the start, and not at the first request.
        builder.Host.UseDefaultServiceProvider(o => (o.ValidateScopes, o.ValidateOnBuild) = (true, true));

        builder.Logging.ClearProviders();
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.UseUtcTimestamp = true;
            o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        // A failed start is said once, in one sentence on stderr, and not also as a stack trace by the framework.
        var started = new StartedFlag();
        services.AddSingleton(started);
        builder.Logging.AddFilter(HostCategory, level => started.IsSet && level >= LogLevel.Information);
        services.PostConfigure<LoggerFilterOptions>(NoSecretsInLogs.Apply);
    }

    public static void MapOperations(this WebApplication app)
    {
        var started = app.Services.GetRequiredService<StartedFlag>();
        app.Lifetime.ApplicationStarted.Register(() => started.IsSet = true);

        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync });
    }

    public static void MapOperationsApi(this IEndpointRouteBuilder api, IServiceProvider services)
    {
        // Answered as made: the limits do not change while the process runs.
        var limits = services.GetRequiredService<Limits>().Json.Utf8.ToArray();
        api.MapGet("/limits", () => Results.Bytes(limits, "application/json")).AllowAnonymous();
    }

    /// <summary>Where the accounts are.</summary>
    public static void MapServerInfo(this IEndpointRouteBuilder api) => api.MapGet("/server", ServerInfoAsync).AllowAnonymous();

    /// <summary>What a client has to know before anybody is logged in.</summary>
    private static async Task<ServerInfo> ServerInfoAsync(IMediator mediator, CancellationToken token)
    {
        var registration = await mediator.Send(new GetRegistration(), token);
        return new ServerInfo("ModularChat", ProgramVersion.Text, registration.Mode, registration.NeedsSetUp);
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var answer = new HealthAnswer(
            JsonNamingPolicy.CamelCase.ConvertName(report.Status.ToString()),
            report.Entries.ToDictionary(e => e.Key, e => e.Value.Description ?? JsonNamingPolicy.CamelCase.ConvertName(e.Value.Status.ToString()), StringComparer.Ordinal));
        return context.Response.WriteAsJsonAsync(answer, context.RequestAborted);
    }

    private sealed record ServerInfo(string Name, string Version, string Registration, bool NeedsSetUp);

    private sealed record HealthAnswer(string Status, Dictionary<string, string> Checks);

    private sealed class StartedFlag
    {
        public volatile bool IsSet;
    }
}
