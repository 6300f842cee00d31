using System.Text;
using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery;
using ModularChat.Host.Operations;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>The other end of <see cref="Greeter"/>, and what somebody gets who is no node of the cluster.</summary>
internal sealed partial class Welcomer(
    Sessions sessions, IMediator mediator, IOptions<ClusterOptions> options, IOptions<DiscoveryOptions> discovery, TimeProvider time, ILogger<Welcomer> logger)
{
    private const int MostHelloBytes = 4_096;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private readonly byte[] _secret = Encoding.UTF8.GetBytes(options.Value.Secret);
    private long _told;

    public async Task HandleAsync(HttpContext context)
    {
        if (await ReadAsync(context) is not { } hello || !Proofs.AreEqual(hello.Proof, hello.ProofWith(_secret)) || hello.Cluster != discovery.Value.Cluster)
        {
            Refuse(context);
            return;
        }
        var self = (await mediator.Send(new FindNodes(""), context.RequestAborted)).Self;
        if (hello.Protocol != Proofs.Protocol)
        {
            Log.OtherProtocol(logger, hello.Node, hello.Version, hello.Protocol, ProgramVersion.Text, Proofs.Protocol);
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            await WriteAsync(context, new Unwelcome(Proofs.Protocol, self.Id, ProgramVersion.Text, "Another version of the protocol."));
            return;
        }
        var welcome = new Welcome(self.Id, self.Instance, ProgramVersion.Text, Proofs.Number(), Proofs.Number(), time.GetUtcNow().ToUnixTimeMilliseconds(), "");
        var transcript = Proofs.Transcript(hello, welcome);
        welcome = welcome with { Proof = Proofs.Of(_secret, "welcome", transcript, welcome.Version, $"{welcome.Clock}") };
        sessions.Add(new Session(welcome.Session, Proofs.Mac(_secret, "key", transcript), hello.Node));
        await WriteAsync(context, welcome);
    }

    /// <summary>Somebody who has not proved anything, or a session of before the start.</summary>
    public void Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        var now = time.GetTimestamp();
        var told = Interlocked.Read(ref _told);
        // Anybody on the network can make this line: one now and then says enough.
        if ((told == 0 || time.GetElapsedTime(told, now) >= Quiet) && Interlocked.CompareExchange(ref _told, now, told) == told)
        {
            Log.Refused(logger, context.Connection.RemoteIpAddress?.ToString() ?? "unknown");
        }
    }

    private static async Task<Hello?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MostHelloBytes;
        }
        try
        {
            var hello = await JsonSerializer.DeserializeAsync<Hello>(context.Request.Body, WireJson.Options, context.RequestAborted);
            return hello is { Cluster: not null, Node: not null, Version: not null, Number: not null, Proof: not null } ? hello : null;
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            return null;
        }
    }

    private static Task WriteAsync<T>(HttpContext context, T answer) => context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(answer, WireJson.Options), context.RequestAborted).AsTask();

    private static partial class Log
    {
        [LoggerMessage(1240, LogLevel.Warning, "{Address} called the internal port and is no node of this cluster: it lacks Cluster:Secret, has another one, or another Discovery:Cluster, or began before this process")]
        public static partial void Refused(ILogger logger, string address);

        [LoggerMessage(1241, LogLevel.Error, "Node {Node} is of version {Version} and speaks protocol {Protocol}, this one is of {OwnVersion} and speaks {OwnProtocol}: neither asks the other")]
        public static partial void OtherProtocol(ILogger logger, string node, string version, int protocol, string ownVersion, int ownProtocol);
    }
}
