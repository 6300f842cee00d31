using MediatR;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Endpoints;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Reading;
using ModularChat.Messaging.Receipts;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Placing;
using ModularChat.Messaging.Upkeep;

namespace ModularChat.Messaging;

/// <summary>Conversations, their members, the message log, sync and receipts.</summary>
public static partial class MessagingModule
{
    /// <summary>Registers the module; settings come from section <c>Messaging</c>.</summary>
    public static IServiceCollection AddMessaging(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<MessagingOptions>().Bind(configuration.GetSection("Messaging")).ValidateDataAnnotations().ValidateOnStart();
        services.AddKeyedSingleton<ILogEngine, Storage.Sqlite.SqliteLogEngine>("sqlite");
        services.AddKeyedSingleton<ILogEngine, Storage.PostgreSql.PostgreSqlLogEngine>("postgresql");
        services.AddKeyedSingleton<ILogEngine, Storage.RocksDb.RocksLogEngine>("rocksdb");
        services.AddKeyedSingleton<ILogEngine, Storage.Redis.RedisLogEngine>("redis");
        services.AddSingleton<ConfiguredLog>();
        services.AddSingleton<OpenedLog>();
        services.AddSingleton<LogAccess>();
        services.AddSingleton<LogCopy>();
        services.AddSingleton<LogSave>();
        services.AddSingleton<Retention>();
        services.AddSingleton<UserData>();
        services.AddSingleton<IValidateOptions<MessagingOptions>, CheckRetention>();
        services.AddHostedService<RetentionSweep>();
        services.AddSingleton<LogRestore>();
        services.AddSingleton<LogRebalance>();
        services.AddSingleton<IMessageLog>(provider => provider.GetRequiredService<OpenedLog>());
        services.AddSingleton<Positions>();
        services.AddSingleton<ConversationCache>();
        services.AddSingleton<ICommitCache>(provider => provider.GetRequiredService<ConversationCache>());
        services.AddSingleton<ConversationViews>();
        services.AddSingleton<RecentEntries>();
        services.AddSingleton<ICommitCache>(provider => provider.GetRequiredService<RecentEntries>());
        services.AddSingleton<VisibleEntries>();
        services.AddSingleton<NewEntries>();
        services.AddSingleton<SyncPages>();
        services.AddSingleton<PresentedCursors>();
        services.AddSingleton<Waiters>();
        services.AddSingleton<MarkWindows>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton<DeviceDeliveries>();
        services.AddSingleton<ICommitCache>(provider => provider.GetRequiredService<Deliveries>());
        services.AddSingleton<SelfConversations>();
        services.AddSingleton<SelfRetention>();
        services.AddHostedService(provider => provider.GetRequiredService<SelfRetention>());
        services.AddSingleton<Reader>();
        services.AddTransient<Admission>();
        services.AddSingleton<RequestHash>();
        services.AddSingleton<WriteOrder>();
        services.AddSingleton<ConversationWriter>();
        services.AddSingleton<Targets>();
        services.AddSingleton<Blocks>();
        services.AddTransient<Mentions>();
        services.AddSingleton(typeof(IPipelineBehavior<,>), typeof(StorageProblems<,>));
        services.AddSingleton<EventQueue>();
        services.AddSingleton<StoredEvents>();
        services.AddSingleton<RecentEvents>();
        services.AddSingleton<Announcements>();
        services.AddHostedService<AnnounceLoop>();
        services.AddSingleton<CommitPublisher>();
        services.AddHostedService<LogStart>();
        services.AddHostedService<EventLoop>();
        services.AddHostedService<DuplicateSweep>();
        return services;
    }

    /// <summary>Maps the module's endpoints on the group of the API.</summary>
    public static IEndpointRouteBuilder MapMessaging(this IEndpointRouteBuilder routes)
    {
        routes.MapConversations();
        routes.MapMembers();
        routes.MapMessages();
        routes.MapReading();
        return routes;
    }
}
