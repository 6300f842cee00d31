using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModularChat.Identity.Accounts;
using ModularChat.Identity.Applications;
using ModularChat.Identity.Drafts;
using ModularChat.Identity.Endpoints;
using ModularChat.Identity.Keeping;
using ModularChat.Identity.Names;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Relations;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Starting;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Storage.Postgres;
using ModularChat.Identity.Storage.Sqlite;
using ModularChat.Storage;

namespace ModularChat.Identity;

/// <summary>Who: users, devices, sessions, profiles, settings, friends, blocks, application keys.</summary>
public static partial class IdentityModule
{
    /// <summary>Binds section <c>Identity</c>; needs the <see cref="DataFolder"/>, in which an embedded engine keeps its files.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<IdentityOptions>()
            .Bind(configuration.GetSection("Identity"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<IdentityOptions>, CheckRegions>();
        services.AddSingleton(Open);
        services.AddSingleton(OpenReplicas);
        services.AddSingleton(SchemaRule.Ours);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IPasswordHasher<UserRow>, PasswordHasher<UserRow>>();
        services.AddSingleton<IdentityStore>();
        services.AddSingleton<UserNames>();
        services.AddSingleton<AccountStores>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<SessionIssue>();
        services.AddSingleton<Credentials>();
        services.AddSingleton<SetUp>();
        services.AddSingleton<UnknownNames>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<Codes>();
        services.AddTransient<Changes>();
        services.AddTransient<Repair>();
        services.AddTransient<Registration>();
        services.AddTransient<LogIn>();
        services.AddTransient<PasswordChange>();
        services.AddTransient<Devices>();
        services.AddTransient<UserProfiles>();
        services.AddTransient<Settings>();
        services.AddTransient<UserDrafts>();
        services.AddSingleton<Regions>();
        services.AddSingleton<LastSeen>();
        services.AddTransient<Friends>();
        services.AddTransient<Blocks>();
        services.AddTransient<ExternalUsers>();
        services.AddSingleton<RelationTable>();
        services.AddSingleton<ApplicationKeys>();
        services.AddSingleton<DevelopmentKey>();
        services.AddSingleton<SchemaOpener>();
        services.AddSingleton<AccountsCopy>();
        services.AddTransient<AccountData>();
        services.AddHostedService<IdentityStart>();
        services.AddHostedService<ExpirySweep>();
        services.AddHostedService<RepairLoop>();
        return services;
    }

    /// <summary>Maps the requests of section 4 of the protocol.</summary>
    public static IEndpointRouteBuilder MapIdentity(this IEndpointRouteBuilder routes)
    {
        AccountEndpoints.Map(routes);
        ProfileEndpoints.Map(routes);
        DraftEndpoints.Map(routes);
        ApplicationEndpoints.Map(routes);
        return routes;
    }

    private static Databases Open(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value.Relational;
        return options.IsEmbedded
            ? new Databases([.. options.Databases.Select(file => new SqliteDatabase(provider.GetRequiredService<DataFolder>().File(file), provider))])
            : new Databases([.. options.Databases.Select((connection, i) => new PostgresDatabase(
                connection, options.Shards.Count > 0 ? $"Storage:Relational:Shards:{i}" : "Storage:Relational:ConnectionString", provider))]);
    }

    private static Replicas OpenReplicas(IServiceProvider provider)
    {
        var connections = provider.GetRequiredService<IOptions<StorageOptions>>().Value.Relational.ReadReplicas;
        return ActivatorUtilities.CreateInstance<Replicas>(
            provider, (IReadOnlyList<IReplica>)[.. connections.Select((connection, i) => new PostgresReplica(connection, $"Storage:Relational:ReadReplicas:{i}", provider))]);
    }

    /// <summary>Gives a user a new random password and ends their sessions; for the command line, on the data folder of a server that is not running.</summary>
    /// <returns>The new password.</returns>
    /// <exception cref="Contracts.ChatException"><see cref="Contracts.ProblemCodes.NotFound"/> when nobody has this name.</exception>
    public static async Task<string> ResetPasswordAsync(IServiceProvider services, string name, CancellationToken token)
    {
        await services.GetRequiredService<SchemaOpener>().OpenAsync(token);
        await using var scope = services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<PasswordChange>().ReplaceAsync(name, token);
    }
}
