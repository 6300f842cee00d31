using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using ModularChat.Host.Backplane;
using ModularChat.Host.Description;
using ModularChat.Host.Dispatch;
using ModularChat.Host.Dispatch.Remote;
using ModularChat.Host.Edge;
using ModularChat.Host.Gateway;
using ModularChat.Host.Gateway.Inbound;
using ModularChat.Host.Operations;
using ModularChat.Host.Roles;
using ModularChat.Host.Upkeep;
using ModularChat.Host.Web;
using ModularChat.Storage;

namespace ModularChat.Host;

/// <summary>Puts the process together. The same for the program and for tests, which may adjust the services last.</summary>
internal static class Server
{
    private const string CheckOnly = "--check-config", WriteDocs = "--write-docs", AskHealth = "--health";

    /// <summary>
    /// Runs until it is told to stop. 0: stopped in order, or the settings are right; 1: could not start, or a part of it
    /// failed while it ran, and stderr says why.
    /// </summary>
    public static async Task<int> RunAsync(string[] args, Action<IServiceCollection>? adjust = null)
    {
        try
        {
            if (args is [WriteDocs, var folder, .. var settings])
            {
                await using var described = Build(settings);
                await DocumentWriter.WriteAsync(described, folder, CancellationToken.None);
                return 0;
            }
            if (args is [AskHealth, .. var same])
            {
                return await HealthProbe.RunAsync(same, CancellationToken.None);
            }
            await using var app = Build(args, adjust);
            if (args.Contains(CheckOnly))
            {
                await Console.Out.WriteLineAsync("The settings are valid.");
                return 0;
            }
            await StartAsync(app, CancellationToken.None);
            await app.WaitForShutdownAsync();
            return await ReportFailedAsync(app.Services) ? 1 : 0;
        }
        catch (StartupException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (Exception e)
        {
            // A bug, and not the operator's: all that is known of it.
            await Console.Error.WriteLineAsync(e.ToString());
            return 1;
        }
    }

    /// <summary>Builds everything and checks all settings; touches neither disk nor network.</summary>
    /// <exception cref="StartupException">A setting is wrong or unknown.</exception>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? adjust = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Configuration.UseSettings(args.Where(a => a != CheckOnly));
        SettingsCheck.Run(builder.Configuration, ModuleList.Sections);

        var loaded = LoadedModules.Read(builder.Configuration);

        builder.AddOperations();
        builder.Services.AddDispatch(loaded.LoadsOfHost, ModuleList.HandlerAssemblies(loaded));
        builder.Services.AddStorage(builder.Configuration);
        builder.Services.AddBackplane(builder.Configuration);
        builder.Services.AddRemote(loaded);
        builder.Services.AddModules(builder.Configuration, loaded);
        builder.Services.AddGateway(builder.Configuration, loaded);
        builder.Services.AddEdge();
        builder.Services.AddDescription();
        adjust?.Invoke(builder.Services);

        // The listeners are made here, and ask for settings before all of them are checked.
        var app = Checked(builder.Build);
        Checked(() => app.Services.GetService<IStartupValidator>()?.Validate());
        app.UseControlSocket();
        app.UseInternalPort();
        app.UseTrustedProxies();
        if (loaded.HasApi)
        {
            app.UseDescriptionPage();
        }
        app.UseEdge();
        if (loaded.HasApi)
        {
            app.UseMiddleware<PollPresence>();
            app.UseWebClient();
        }
        app.UseWebSockets();
        app.MapOperations();
        var api = app.MapGroup(Describing.Prefix).RequireAuthorization();
        api.WithDescriptions();
        api.MapOperationsApi(app.Services);
        if (loaded.HasApi)
        {
            app.MapDescription();
            api.MapServerInfo();
        }
        app.MapModules(api, loaded);
        return app;
    }

    /// <summary>The same for upkeep, which needs every module, whatever the roles of the process that usually has these settings.</summary>
    /// <exception cref="StartupException">A setting is wrong or unknown.</exception>
    public static WebApplication BuildWhole(string[] args) => Build([.. args, "--Cluster:Roles=all"]);

    /// <summary>Takes the data folder, starts everything and listens.</summary>
    /// <exception cref="StartupException">The folder, the stores or the address cannot be had.</exception>
    public static async Task StartAsync(WebApplication app, CancellationToken token)
    {
        // First of all: nothing else may touch the files before the lock is ours.
        var folder = app.Services.GetRequiredService<DataFolder>();
        ControlSocket.Clear(folder);
        try
        {
            await app.StartAsync(token);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            var options = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value;
            throw new StartupException(string.Create(CultureInfo.InvariantCulture,
                $"Host:Url is '{options.Url}' and Host:Http2Url '{options.Http2Url}' and Host:Https:Url '{options.Https.Url}', but another process listens on one of them."), e);
        }
        ControlSocket.Protect(folder);
        Log.Started(app.Logger, ProgramVersion.Text, string.Join(", ", app.Urls.Where(u => !u.StartsWith("http://unix:", StringComparison.Ordinal))), folder.Path);
    }

    /// <summary>A loop that failed has stopped the process; whoever watches over it must not take that for a wanted stop.</summary>
    private static async Task<bool> ReportFailedAsync(IServiceProvider services)
    {
        var isFailed = false;
        foreach (var service in services.GetServices<IHostedService>().OfType<BackgroundService>())
        {
            if (service.ExecuteTask is { IsFaulted: true, Exception: { } failure })
            {
                isFailed = true;
                await Console.Error.WriteLineAsync($"The server stopped because {service.GetType().Name} failed: {failure.GetBaseException().Message}");
            }
        }
        return isFailed;
    }

    private static void Checked(Action check) => Checked(() =>
    {
        check();
        return true;
    });

    private static T Checked<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (OptionsValidationException e)
        {
            throw new StartupException(string.Join(Environment.NewLine, e.Failures), e);
        }
    }
}

/// <summary>What the process says about itself.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "ModularChat {Version} listens on {Urls}; data is in {Folder}")]
    public static partial void Started(ILogger logger, string version, string urls, string folder);
}
