using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ModularChat.Benchmarks;

/// <summary>A push service that takes everything and counts it, in a process of its own: what measures must not wait for it.</summary>
internal sealed class CountingService : IAsyncDisposable
{
    public const string Name = "push-service";

    private readonly Process _process;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    private CountingService(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    public static async Task<CountingService> StartAsync()
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(CountingService).Assembly.Location, Name]) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false })!;
        return new CountingService(process, new Uri((await process.StandardOutput.ReadLineAsync())!));
    }

    public async Task<int> CountAsync() => int.Parse(await _http.GetStringAsync(new Uri(Url, "/count")), CultureInfo.InvariantCulture);

    /// <summary>From now on it wants to be left alone.</summary>
    public async Task CloseAsync() => (await _http.PostAsync(new Uri(Url, "/close"), null)).Dispose();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>The process itself; ends with the one that has started it.</summary>
    public static async Task<int> RunAsync()
    {
        var (taken, isClosed) = (0, false);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapPost("/push/{id}", async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            if (Volatile.Read(ref isClosed))
            {
                context.Response.Headers.RetryAfter = "3600";
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }
            Interlocked.Increment(ref taken);
            context.Response.StatusCode = StatusCodes.Status201Created;
        });
        app.MapPost("/close", () => Volatile.Write(ref isClosed, true));
        app.MapGet("/count", () => Volatile.Read(ref taken).ToString(CultureInfo.InvariantCulture));
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
