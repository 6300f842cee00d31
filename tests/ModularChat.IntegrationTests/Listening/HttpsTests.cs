using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using ModularChat.Host;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Listening;

public sealed class HttpsTests : IDisposable
{
    private static readonly DateTime First = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly string _folder = Directory.CreateTempSubdirectory("modularchat-test-").FullName;
    private string? _seen;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string[] Settings =>
    [
        "Host:Https:Url=https://127.0.0.1:0", $"Host:Https:CertificateFile={CertificatePair.CertificateFile(_folder)}", $"Host:Https:KeyFile={CertificatePair.KeyFile(_folder)}",
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task HTTP_1_1_HTTP_2_and_WebSockets_share_the_port()
    {
        CertificatePair.Write(_folder, First);
        await using var server = await ChatServer.StartAsync(settings: Settings);

        (await VersionAsync(server, HttpVersion.Version11)).ShouldBe(HttpVersion.Version11);
        (await VersionAsync(server, HttpVersion.Version20)).ShouldBe(HttpVersion.Version20);
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = Accept;
        await socket.ConnectAsync(new UriBuilder(server.HttpsUrl!) { Scheme = "wss", Path = "/api/v1/ws" }.Uri, Cancel);
        socket.State.ShouldBe(WebSocketState.Open);
    }

    [Fact]
    public async Task A_renewed_certificate_is_used_without_a_restart_and_a_broken_one_is_not()
    {
        var first = CertificatePair.Write(_folder, First);
        var time = new ManualTime();
        await using var server = await ChatServer.StartAsync(time, settings: Settings);
        (await ThumbprintAsync(server)).ShouldBe(first);

        var second = CertificatePair.Write(_folder, First.AddDays(1));
        (await ThumbprintAsync(server)).ShouldBe(first);
        time.Advance(TimeSpan.FromSeconds(11));
        (await ThumbprintAsync(server)).ShouldBe(second);

        await File.WriteAllTextAsync(CertificatePair.CertificateFile(_folder), "no certificate", Cancel);
        time.Advance(TimeSpan.FromSeconds(11));
        (await ThumbprintAsync(server)).ShouldBe(second);

        var third = CertificatePair.Write(_folder, First.AddDays(2));
        time.Advance(TimeSpan.FromSeconds(11));
        (await ThumbprintAsync(server)).ShouldBe(third);
    }

    [Fact]
    public async Task A_server_without_its_certificate_does_not_start()
    {
        var data = Path.Combine(_folder, "data");
        (await Server.RunAsync(["--Host:Url=http://127.0.0.1:0", $"--Storage:Directory={data}", .. Settings.Select(s => "--" + s)])).ShouldBe(1);
    }

    private async Task<Version> VersionAsync(ChatServer server, Version version)
    {
        using var client = NewClient(server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher };
        if (version == HttpVersion.Version11)
        {
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }
        using var response = await client.SendAsync(request, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return response.Version;
    }

    /// <summary>The certificate that a new connection gets.</summary>
    private async Task<string?> ThumbprintAsync(ChatServer server)
    {
        using var client = NewClient(server);
        (await client.GetAsync("/health/live", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        return _seen;
    }

    private HttpClient NewClient(ChatServer server) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = Accept },
    })
    {
        BaseAddress = server.HttpsUrl,
    };

    private bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _seen = ((X509Certificate2)certificate!).Thumbprint;
        return certificate.Subject == CertificatePair.Subject;
    }
}
