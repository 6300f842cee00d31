using System.Net;
using System.Text;
using System.Text.Json;
using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery;
using ModularChat.Host.Operations;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>Begins a session with another node: each proves to the other that it has the secret.</summary>
internal sealed partial class Greeter(
    NodeHttp http, IMediator mediator, IOptions<ClusterOptions> options, IOptions<DiscoveryOptions> discovery, TimeProvider time, ILogger<Greeter> logger)
{
    public const string Path = "/internal/hello";

    /// <summary>Order never rests on clocks, but times that people see do.</summary>
    private static readonly TimeSpan WorthTelling = TimeSpan.FromSeconds(5);

    private readonly byte[] _secret = Encoding.UTF8.GetBytes(options.Value.Secret);

    /// <summary>Greets it.</summary>
    /// <exception cref="NodeAwayException">It is not there, or not of this cluster.</exception>
    public async Task<Session> GreetAsync(NodeAddress node, CancellationToken token)
    {
        var self = (await mediator.Send(new FindNodes(""), token)).Self;
        var hello = new Hello(Proofs.Protocol, discovery.Value.Cluster, self.Id, self.Instance, ProgramVersion.Text, Proofs.Number(), "");
        hello = hello with { Proof = hello.ProofWith(_secret) };
        using var request = new HttpRequestMessage(HttpMethod.Post, node.Url.TrimEnd('/') + Path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(hello, WireJson.Options));
        var sent = time.GetUtcNow();
        var (response, body) = await AskAsync(request, token);
        using (response)
        {
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK:
                    return Check(hello, Read<Welcome>(body), node, sent);
                case HttpStatusCode.Unauthorized:
                    Log.OtherSecret(logger, node.Id, node.Url);
                    throw Away("it refuses this node's Cluster:Secret.");
                case HttpStatusCode.UpgradeRequired:
                    var why = Read<Unwelcome>(body);
                    Log.OtherProtocol(logger, node.Id, why.Version, why.Protocol, ProgramVersion.Text, Proofs.Protocol);
                    throw Away($"it speaks version {why.Protocol} of what nodes say to each other, this one {Proofs.Protocol}.");
                default:
                    throw Away($"it answers with {(int)response.StatusCode}.");
            }
        }
    }

    private async Task<(HttpResponseMessage Response, byte[] Body)> AskAsync(HttpRequestMessage request, CancellationToken token)
    {
        try
        {
            return await http.SendAsync(request, token);
        }
        catch (NodeAwayException e)
        {
            // Nothing that changes anything has been said.
            throw new NodeAwayException(e.Message, wasSent: false, isGone: true, e);
        }
    }

    private Session Check(Hello hello, Welcome welcome, NodeAddress node, DateTimeOffset sent)
    {
        var transcript = Proofs.Transcript(hello, welcome);
        if (!Proofs.AreEqual(welcome.Proof, Proofs.Of(_secret, "welcome", transcript, welcome.Version, $"{welcome.Clock}")))
        {
            Log.OtherSecret(logger, node.Id, node.Url);
            throw Away("it has not proved that it has the cluster's secret.");
        }
        if (welcome.Node != node.Id || welcome.Instance != node.Instance)
        {
            throw Away("another process is at its address.");
        }
        if (welcome.Version != ProgramVersion.Text)
        {
            Log.OtherVersion(logger, node.Id, welcome.Version, ProgramVersion.Text);
        }
        var received = time.GetUtcNow();
        var ahead = DateTimeOffset.FromUnixTimeMilliseconds(welcome.Clock) - (sent + ((received - sent) / 2));
        if (ahead.Duration() > WorthTelling + (received - sent))
        {
            Log.OtherClock(logger, node.Id, ahead.TotalSeconds);
        }
        return new Session(welcome.Session, Proofs.Mac(_secret, "key", transcript), node.Id);
    }

    private static T Read<T>(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, WireJson.Options) ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            throw Away("what it says is not understood.");
        }
    }

    private static NodeAwayException Away(string why) => new(why, wasSent: false, isGone: true);

    private static partial class Log
    {
        [LoggerMessage(1220, LogLevel.Error, "Node {Node} at {Url} has another Cluster:Secret than this one: neither asks the other")]
        public static partial void OtherSecret(ILogger logger, string node, string url);

        [LoggerMessage(1221, LogLevel.Error, "Node {Node} is of version {Version} and speaks protocol {Protocol}, this one is of {OwnVersion} and speaks {OwnProtocol}: neither asks the other")]
        public static partial void OtherProtocol(ILogger logger, string node, string version, int protocol, string ownVersion, int ownProtocol);

        [LoggerMessage(1222, LogLevel.Information, "Node {Node} is of version {Version}, this one of {OwnVersion}")]
        public static partial void OtherVersion(ILogger logger, string node, string version, string ownVersion);

        [LoggerMessage(1223, LogLevel.Warning, "The clock of node {Node} is {Seconds:F0} s ahead of this one: times that people see differ by that. Order does not rest on clocks")]
        public static partial void OtherClock(ILogger logger, string node, double seconds);
    }
}
