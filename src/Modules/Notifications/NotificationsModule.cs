using MediatR;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Notifications.Clearing;
using ModularChat.Notifications.Deciding;
using ModularChat.Notifications.Endpoints;
using ModularChat.Notifications.Following;
using ModularChat.Notifications.Keeping;
using ModularChat.Notifications.Keys;
using ModularChat.Notifications.Preferences;
using ModularChat.Notifications.Providers;
using ModularChat.Notifications.Providers.Apns;
using ModularChat.Notifications.Providers.Fcm;
using ModularChat.Notifications.Providers.Webhooks;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Starting;
using ModularChat.Notifications.Storage;
using ModularChat.Notifications.Storage.Postgres;
using ModularChat.Notifications.Storage.Sqlite;
using ModularChat.Notifications.Subscriptions;
using ModularChat.Notifications.Sweeping;
using ModularChat.Notifications.Tracing;
using ModularChat.Storage;
using ModularChat.Storage.Outbound;

namespace ModularChat.Notifications;

/// <summary>Push to devices that are not connected: who is told what, and the sending of it.</summary>
public static partial class NotificationsModule
{
    /// <summary>Binds section <c>Notifications</c>; needs the <see cref="DataFolder"/>, in which an embedded engine keeps its file.</summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<NotificationsOptions>().Bind(configuration.GetSection("Notifications")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<NotificationsOptions>, CheckNetworks>();
        services.AddSingleton(Open);
        services.AddSingleton<PushStore>();
        services.AddSingleton<ServerKeys>();
        services.AddSingleton(provider => new OutboundGuard(provider.GetRequiredService<IOptions<NotificationsOptions>>().Value.Inside));
        services.AddSingleton<SubscriptionRules>();
        services.AddSingleton<SubscriptionBook>();
        services.AddSingleton<LostDevices>();
        services.AddSingleton<PreferenceBook>();
        services.AddSingleton<AwaitedDeliveries>();
        services.AddSingleton<Decisions>();
        services.AddSingleton<FeedSignal>();
        services.AddSingleton<ShardLeases>();
        services.AddSingleton<FeedReader>();
        services.AddSingleton<PushQueue>();
        services.AddSingleton<SendSignal>();
        services.AddSingleton<SendPace>();
        services.AddSingleton<IPipelineBehavior<SendMessage, Stored>, MessagesOnTheWay>();
        services.AddSingleton<PushMetrics>();
        services.AddSingleton<ToldDevices>();
        services.AddSingleton<Recollection>();
        services.AddSingleton<Composer>();
        services.AddSingleton<Sender>();
        AddProviders(services, configuration.GetSection("Notifications"));
        services.AddSingleton<PushCopy>();
        services.AddSingleton<TestPush>();
        services.AddSingleton<Sweep>();
        services.AddHostedService<PushStart>();
        services.AddHostedService<FeedLoop>();
        services.AddHostedService<SendLoop>();
        services.AddHostedService<ClearLoop>();
        JobStore.Add(services, configuration);
        return services;
    }

    /// <summary>Maps the requests of section 17 of the protocol.</summary>
    public static IEndpointRouteBuilder MapNotifications(this IEndpointRouteBuilder routes)
    {
        PushApi.Map(routes);
        TraceApi.Map(routes);
        return routes;
    }

    /// <summary>Without setting up: browsers and UnifiedPush. The others where the operator has set them up.</summary>
    private static void AddProviders(IServiceCollection services, IConfigurationSection settings)
    {
        services.AddSingleton<IPushProvider, WebPushProvider>();
        services.AddSingleton<IValidateOptions<NotificationsOptions>, CheckFcm>();
        services.AddSingleton<IValidateOptions<NotificationsOptions>, CheckApns>();
        if (settings["Fcm:ServiceAccountFile"] is { Length: > 0 })
        {
            services.AddSingleton<FcmTokens>();
            services.AddSingleton<IPushProvider, FcmProvider>();
        }
        if (settings["Apns:KeyFile"] is { Length: > 0 })
        {
            services.AddSingleton<ApnsTokens>();
            services.AddSingleton<IPushProvider, ApnsProvider>();
        }
        if (bool.TryParse(settings["Webhook:Enabled"], out var isEnabled) && isEnabled)
        {
            services.AddSingleton<IPushProvider, WebhookProvider>();
        }
    }

    private static IPushDatabase Open(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value.Relational;
        return options.IsEmbedded
            ? new SqlitePushDatabase(provider.GetRequiredService<DataFolder>().File(SqlitePushDatabase.FileName), provider)
            : new PostgresPushDatabase(options.Databases[0], provider);
    }
}
