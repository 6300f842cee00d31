using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Notifications;
using ModularChat.IntegrationTests.Push.Services;
using ModularChat.Notifications;
using ModularChat.Notifications.Providers;
using ModularChat.Notifications.Providers.Apns;
using ModularChat.Notifications.Providers.Fcm;
using ModularChat.Notifications.Providers.Webhooks;
using ModularChat.Notifications.Storage;
using ModularChat.Storage.Outbound;

namespace ModularChat.IntegrationTests.Push;

/// <summary>Providers without a server around them.</summary>
internal sealed class ProviderBench(TimeProvider time) : IDisposable
{
    public static readonly string AppleToken = new('a', 64);
    public const string GoogleToken = "fcm-registration-token:1";

    private readonly List<IDisposable> _made = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modularchat-test-");

    public string Folder => _folder.FullName;

    public NotificationsOptions Options { get; } = new();

    public FcmProvider Fcm(FcmServer server, string? url = null)
    {
        Options.Fcm.ServiceAccountFile = server.WriteKeyFile(Folder);
        Options.Fcm.Url = url ?? server.Url;
        var tokens = Keep(new FcmTokens(Wrapped, time, NullLogger<FcmTokens>.Instance));
        return Keep(new FcmProvider(tokens, Wrapped, time));
    }

    public ApnsProvider Apns(ApnsServer server, string? url = null)
    {
        var apns = Options.Apns;
        (apns.KeyFile, apns.KeyId, apns.TeamId, apns.BundleId, apns.Url) = (server.WriteKeyFile(Folder), ApnsServer.KeyId, ApnsServer.TeamId, ApnsServer.Bundle, url ?? server.Url);
        return Keep(new ApnsProvider(Keep(new ApnsTokens(Wrapped, time)), Wrapped, time));
    }

    public WebhookProvider Webhook() => Keep(new WebhookProvider(new OutboundGuard([System.Net.IPNetwork.Parse("127.0.0.0/8")]), Wrapped, time));

    public SubscriptionRow Device(PushKind kind, string endpoint, string provider = "", byte[]? key = null) => new()
    {
        Id = Ids.New(),
        Kind = kind,
        Endpoint = endpoint,
        EndpointHash = [],
        Provider = provider,
        Name = "",
        Key = key,
        CreatedAt = time.GetUtcNow(),
    };

    /// <summary>A message in a group.</summary>
    public static PushMessage Message(string text = "hello", bool isUrgent = true, TimeSpan? life = null) => new(
        new PushPayload
        {
            Id = Ids.New(),
            Kind = "message",
            ConversationId = Ids.New(),
            Seq = 17,
            Unread = 3,
            ConversationKind = ConversationKind.Group,
            Title = "Team",
            Sender = new PushSender(Ids.New(), "Alice", "#336699"),
            Text = text,
        },
        new string('t', 32),
        life ?? TimeSpan.FromHours(1),
        isUrgent);

    public void Dispose()
    {
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            _made[i].Dispose();
        }
        _folder.Delete(recursive: true);
    }

    private IOptions<NotificationsOptions> Wrapped => Microsoft.Extensions.Options.Options.Create(Options);

    private T Keep<T>(T made) where T : IDisposable
    {
        _made.Add(made);
        return made;
    }
}
