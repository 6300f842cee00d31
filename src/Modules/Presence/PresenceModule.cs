using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Presence.Endpoints;
using ModularChat.Presence.Leases;
using ModularChat.Presence.People;
using ModularChat.Presence.States;
using ModularChat.Presence.Storage;
using ModularChat.Presence.Storage.PostgreSql;
using ModularChat.Presence.Storage.Redis;
using ModularChat.Presence.Storage.Sqlite;
using ModularChat.Presence.Typing;
using ModularChat.Presence.Watching;
using ModularChat.Storage;

namespace ModularChat.Presence;

/// <summary>Where people are: their live connections, what others may know of it, and who types.</summary>
public static partial class PresenceModule
{
    /// <summary>Adds the module with its settings from the section <c>Presence</c>.</summary>
    public static IServiceCollection AddPresence(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PresenceOptions>().Bind(configuration.GetSection("Presence")).ValidateDataAnnotations()
            .Validate(o => o.Leases == "process" || o.ConnectionString.Length > 0, "Presence:Leases is 'redis', and needs Presence:ConnectionString.")
            .ValidateOnStart();
        services.AddSingleton<MemoryLeases>();
        services.AddSingleton<IAttendanceBoard, RedisBoard>();
        services.AddSingleton<ILeases>(provider => provider.GetRequiredService<IOptions<PresenceOptions>>().Value.Leases == "redis"
            ? ActivatorUtilities.CreateInstance<SharedLeases>(provider)
            : provider.GetRequiredService<MemoryLeases>());
        services.AddSingleton<IPeopleStore>(provider => provider.GetRequiredService<IOptions<StorageOptions>>().Value.Relational.IsEmbedded
            ? ActivatorUtilities.CreateInstance<SqlitePeople>(provider)
            : ActivatorUtilities.CreateInstance<PostgreSqlPeople>(provider));
        services.AddSingleton<PeopleBook>();
        services.AddSingleton<Audiences>();
        services.AddSingleton<AsOfClock>();
        services.AddSingleton<Present>();
        services.AddSingleton<Contacts>();
        services.AddSingleton<Groups>();
        services.AddSingleton<FanOut>();
        services.AddSingleton<TypingRate>();
        services.AddKeyedSingleton(WatchPresenceHandler.Rate, static (provider, _) => new Buckets(provider.GetRequiredService<TimeProvider>(), 5, TimeSpan.FromSeconds(10)));
        services.AddKeyedSingleton(SetPresenceHandler.Rate, static (provider, _) => new Buckets(provider.GetRequiredService<TimeProvider>(), 20, TimeSpan.FromMinutes(1)));
        services.AddHostedService<FanOutLoop>();
        return services;
    }

    /// <summary>Maps the module's endpoints.</summary>
    public static void MapPresence(this IEndpointRouteBuilder routes)
    {
        PresenceApi.Map(routes);
        TypingApi.Map(routes);
    }
}
