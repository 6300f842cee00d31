using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace ModularChat.IntegrationTests.Listening;

/// <summary>nginx with the block of docs/operations.md, on a port of 127.0.0.1 and in front of a test's server.</summary>
internal sealed partial class NginxServer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/nginx";
    private readonly Process _process;
    private readonly string _folder;

    private NginxServer(Process process, string folder, Uri url) => (_process, _folder, Url) = (process, folder, url);

    public static bool IsInstalled => File.Exists(Program);

    public Uri Url { get; }

    public static async Task<NginxServer> StartAsync(Uri chat, CancellationToken token)
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-nginx-").FullName;
        CertificatePair.Write(folder, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var url = new Uri($"https://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
        var block = Block().Match(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "operations.md"), token)).Groups["block"].Value
            .Replace("listen 443 ssl", $"listen 127.0.0.1:{url.Port} ssl", StringComparison.Ordinal)
            .Replace("/etc/ssl/chat", folder, StringComparison.Ordinal)
            .Replace("http://127.0.0.1:5080", chat.ToString().TrimEnd('/'), StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "nginx.conf"),
            $$"""
              daemon off; master_process off; pid {{folder}}/pid; error_log stderr;
              events { }
              http {
                access_log off;
                client_body_temp_path {{folder}}/1; proxy_temp_path {{folder}}/2; fastcgi_temp_path {{folder}}/3; uwsgi_temp_path {{folder}}/4; scgi_temp_path {{folder}}/5;
                {{block}}
              }
              """,
            token);
        var process = Process.Start(new ProcessStartInfo(Program, ["-c", Path.Combine(folder, "nginx.conf"), "-p", folder]) { UseShellExecute = false })!;
        var nginx = new NginxServer(process, folder, url);
        await nginx.ListensAsync(token);
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ListensAsync(CancellationToken token)
    {
        while (true)
        {
            _process.HasExited.ShouldBeFalse("nginx has ended; its reason is above");
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Url.Port, token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, token);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("```nginx\n(?<block>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Block();
}
