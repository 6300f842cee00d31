using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Calling;
using ModularChat.Calls.Endpoints;
using ModularChat.Calls.Relaying;
using ModularChat.Calls.Signalling;
using ModularChat.Calls.Storage;

namespace ModularChat.Calls;

/// <summary>Voice: who calls whom, what the two ends tell each other, and the relay between them.</summary>
public static class CallsModule
{
    private const int SignalsPerMinute = 300;

    /// <summary>Adds the module with its settings from the section <c>Calls</c>.</summary>
    public static IServiceCollection AddCalls(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<CallsOptions>().Bind(configuration.GetSection("Calls")).ValidateDataAnnotations()
            .Validate(o => o.RenewSeconds < o.ReconnectSeconds, "Calls:RenewSeconds must be less than Calls:ReconnectSeconds.")
            .Validate(o => o.TurnUrls.Length == 0 || o.TurnSecret.Length > 0, "Calls:TurnUrls needs Calls:TurnSecret, which the relay has too.")
            .ValidateOnStart();
        services.AddSingleton<ICallBoard, ProcessBoard>();
        services.AddSingleton<CallFlow>();
        services.AddSingleton<Relay>();
        services.AddKeyedSingleton(StartCallHandler.Rate, static (provider, _) => new Buckets(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IOptions<CallsOptions>>().Value.CallsPerMinute, TimeSpan.FromMinutes(1)));
        services.AddKeyedSingleton(SignalCallHandler.Rate, static (provider, _) => new Buckets(
            provider.GetRequiredService<TimeProvider>(), SignalsPerMinute, TimeSpan.FromMinutes(1)));
        services.AddSingleton<CallLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<CallLoop>());
        return services;
    }

    /// <summary>Maps the module's endpoints.</summary>
    public static void MapCalls(this IEndpointRouteBuilder routes) => CallsApi.Map(routes);
}
