using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Host.Backplane;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>Puts the way between nodes into the process.</summary>
internal static class RemoteSetup
{
    public static void AddRemote(this IServiceCollection services, LoadedModules loaded)
    {
        services.AddSingleton<IValidateOptions<ClusterOptions>, ClusterCheck>();
        services.AddSingleton<InternalListener>();
        services.AddSingleton<RemoteRequests>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<Deadline>();
        services.AddSingleton<Welcomer>();
        services.AddSingleton<InternalEndpoint>();
        services.AddSingleton<NodeHttp>();
        services.AddSingleton<Greeter>();
        services.AddSingleton<NodeChoice>();
        services.AddSingleton<NodeCalls>();
        services.AddSingleton<OnceHandlers>();
        if (!loaded.IsAll)
        {
            // A handler of a module that is loaded is found before this one, which is for what is left.
            services.AddTransient(typeof(IRequestHandler<,>), typeof(RemoteHandler<,>));
            services.AddSingleton<OnceQueue>();
            services.AddHostedService<OnceElsewhere>();
            // In the place of the backplane's own.
            services.AddSingleton<IEventSender, SplitSender>();
        }
        if (!loaded.Loads(LoadedModules.Messaging) && services.Any(s => s.ServiceType == typeof(INotificationHandler<MessageStored>)))
        {
            services.AddHostedService<StoredFollower>();
        }
    }

    /// <summary>First of all in the pipeline: what comes over the internal port ends here.</summary>
    public static void UseInternalPort(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<InternalEndpoint>();
        app.Use(next => context => context.Features.Get<InternalListener.InternalConnection>() is null ? next(context) : endpoint.HandleAsync(context));
    }
}
