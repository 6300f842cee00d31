using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Storage;

namespace ModularChat.Host.Upkeep;

/// <summary>
/// A Unix domain socket in the data folder, for the tool on a running server: whoever may open the folder may do what the tool does. Its requests
/// never reach the pipeline of the API, and the API's listeners never reach these.
/// </summary>
internal static partial class ControlSocket
{
    private const string Name = "control.sock";

    /// <summary>What the system allows for the path of a socket, with its end.</summary>
    private const int LongestPath = 107;

    public static string PathIn(string folder) => Path.Combine(Path.GetFullPath(folder), Name);

    /// <summary>Listens; see <see cref="Clear"/>.</summary>
    public static void Listen(KestrelServerOptions kestrel)
    {
        var path = PathIn(kestrel.ApplicationServices.GetRequiredService<IOptions<StorageOptions>>().Value.Directory);
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            Log.TooLong(kestrel.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ControlSocket)), path);
            return;
        }
        kestrel.ListenUnixSocket(path, listener =>
        {
            listener.Protocols = HttpProtocols.Http1;
            listener.Use(next => connection =>
            {
                connection.Features.Set(new ControlConnection());
                return next(connection);
            });
        });
    }

    /// <summary>Before the start, once the folder's lock is ours: what lies there is of a server that is gone.</summary>
    public static void Clear(DataFolder folder) => File.Delete(PathIn(folder.Path));

    /// <summary>After the start: for the owner only, like the folder.</summary>
    public static void Protect(DataFolder folder)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(PathIn(folder.Path)))
        {
            File.SetUnixFileMode(PathIn(folder.Path), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>First of all in the pipeline: what comes over the socket ends here.</summary>
    public static void UseControlSocket(this WebApplication app) => app.Use(next => context =>
        context.Features.Get<ControlConnection>() is null ? next(context) : AnswerAsync(context));

    /// <summary>Gives an order to the server that runs on a folder.</summary>
    /// <returns>The exit code; null when no server runs there.</returns>
    /// <exception cref="StartupException">It says why it does not go.</exception>
    public static async Task<int?> AskAsync(string folder, UpkeepOrder order, IUpkeepOutput output, CancellationToken token)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(PathIn(folder)), token);
        }
        catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
        {
            return null;
        }
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectCallback = (_, _) => new(new NetworkStream(socket)) }) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://control/") { Content = JsonContent.Create(order) };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(token));
        while (await lines.ReadLineAsync(token) is { } line)
        {
            var answer = JsonSerializer.Deserialize<UpkeepAnswer>(line, JsonSerializerOptions.Web)!;
            if (answer.Error is not null)
            {
                throw new StartupException(answer.Error);
            }
            if (answer.Exit is { } exit)
            {
                return exit;
            }
            Show(answer, output);
        }
        throw new StartupException("The server ended before it was done.");
    }

    private static void Show(UpkeepAnswer answer, IUpkeepOutput output)
    {
        if (answer.Line is not null)
        {
            output.Line(answer.Line);
        }
        if (answer.Progress is not null)
        {
            output.Progress(answer.Progress);
        }
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var token = context.RequestAborted;
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var order = (await context.Request.ReadFromJsonAsync<UpkeepOrder>(JsonSerializerOptions.Web, token))!;
        var output = new SocketOutput();
        var running = RunAsync(context.RequestServices, order, output, token);
        context.Response.ContentType = "application/x-ndjson";
        await foreach (var answer in output.Answers.ReadAllAsync(token))
        {
            await context.Response.WriteAsync(JsonSerializer.Serialize(answer, JsonSerializerOptions.Web) + "\n", token);
            await context.Response.Body.FlushAsync(token);
        }
        await running;
    }

    private static async Task RunAsync(IServiceProvider services, UpkeepOrder order, SocketOutput output, CancellationToken token)
    {
        try
        {
            output.End(new UpkeepAnswer(Exit: await Task.Run(() => UpkeepCommands.RunAsync(services, order, output, token), token)));
        }
        catch (Exception e) when (e is StartupException or ChatException)
        {
            output.End(new UpkeepAnswer(Error: e.Message));
        }
        catch (Exception e)
        {
            Log.Failed(services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ControlSocket)), e, order.Command);
            output.End(new UpkeepAnswer(Error: $"The command failed: {e.Message}"));
        }
    }

    /// <summary>Set on the connections of the socket, and on no others.</summary>
    private sealed class ControlConnection;

    private sealed class SocketOutput : IUpkeepOutput
    {
        // A terminal that does not keep up misses some progress, never a line.
        private const int MostWaiting = 1000;

        private readonly Channel<UpkeepAnswer> _answers = Channel.CreateUnbounded<UpkeepAnswer>();

        public ChannelReader<UpkeepAnswer> Answers => _answers.Reader;

        public void Line(string text) => _answers.Writer.TryWrite(new UpkeepAnswer(Line: text));

        public void Progress(UpkeepProgress progress)
        {
            if (_answers.Reader.Count < MostWaiting)
            {
                _answers.Writer.TryWrite(new UpkeepAnswer(Progress: progress));
            }
        }

        public void End(UpkeepAnswer last)
        {
            _answers.Writer.TryWrite(last);
            _answers.Writer.TryComplete();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(40, LogLevel.Warning, "The path {Path} is too long for a socket: the tool chat cannot work on this server while it runs")]
        public static partial void TooLong(ILogger logger, string path);

        [LoggerMessage(41, LogLevel.Error, "The command {Command} of the tool chat failed")]
        public static partial void Failed(ILogger logger, Exception exception, string command);
    }
}
