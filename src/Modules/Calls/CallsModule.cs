using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Calling;
using ModularChat.Calls.Endpoints;
using ModularChat.Calls.Mixing;
using ModularChat.Calls.Relaying;
using ModularChat.Calls.Rooms;
using ModularChat.Calls.Signalling;
using ModularChat.Calls.Storage;
using ModularChat.Calls.Storage.Redis;
using ModularChat.Storage;

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
            .Validate(o => o.JanusUrls.Length == 0 || o.JanusSecret.Length > 0, "Calls:JanusUrls needs Calls:JanusSecret, which Janus has too.")
            .Validate(o => o.Board == "process" || o.ConnectionString.Length > 0, "Calls:Board is 'redis', and needs Calls:ConnectionString.")
            .ValidateOnStart();
        services.AddSingleton<Shelf>();
        services.AddSingleton<RedisLink>();
        services.AddSingleton<ICallBoard>(provider => IsShared(provider)
            ? ActivatorUtilities.CreateInstance<RedisBoard>(provider)
            : ActivatorUtilities.CreateInstance<ProcessBoard>(provider));
        services.AddSingleton<IRoomBoard>(provider => IsShared(provider)
            ? ActivatorUtilities.CreateInstance<RedisRooms>(provider)
            : ActivatorUtilities.CreateInstance<ProcessRooms>(provider));
        services.AddSingleton<CallFlow>();
        services.AddSingleton<Relay>();
        services.AddKeyedSingleton(StartCallHandler.Rate, static (provider, _) => new Buckets(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IOptions<CallsOptions>>().Value.CallsPerMinute, TimeSpan.FromMinutes(1)));
        services.AddKeyedSingleton(SignalCallHandler.Rate, static (provider, _) => new Buckets(
            provider.GetRequiredService<TimeProvider>(), SignalsPerMinute, TimeSpan.FromMinutes(1)));
        services.AddKeyedSingleton(JoinRoomHandler.Rate, static (provider, _) => new Buckets(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IOptions<CallsOptions>>().Value.JoinsPerMinute, TimeSpan.FromMinutes(1)));
        services.AddKeyedSingleton(RenewRoomHandler.Rate, static (provider, _) => new Buckets(
            provider.GetRequiredService<TimeProvider>(), SignalsPerMinute, TimeSpan.FromMinutes(1)));
        services.AddRooms();
        services.AddSingleton<CallLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<CallLoop>());
        return services;
    }

    /// <summary>Maps the module's endpoints.</summary>
    public static void MapCalls(this IEndpointRouteBuilder routes)
    {
        CallsApi.Map(routes);
        RoomsApi.Map(routes);
    }

    private static bool IsShared(IServiceProvider provider) => provider.GetRequiredService<IOptions<CallsOptions>>().Value.Board == "redis";

    private static void AddRooms(this IServiceCollection services)
    {
        services.AddSingleton<JanusApi>();
        services.AddSingleton<IMixer, JanusMixer>();
        services.AddSingleton<MixerDesk>();
        services.AddSingleton<MixerLines>();
        services.AddSingleton<MixerListeners>();
        services.AddSingleton<RoomFlow>();
        services.AddSingleton<Departures>();
        services.AddSingleton<RoomTeller>();
        services.AddHostedService(provider => provider.GetRequiredService<RoomTeller>());
        services.AddSingleton<RoomLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<RoomLoop>());
    }
}
