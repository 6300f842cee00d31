using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Http;
using Google.Apis.Util;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModularChat.Notifications.Providers.Fcm;

/// <summary>Access to FCM: an OAuth token for the service account, renewed before it runs out.</summary>
internal sealed partial class FcmTokens : IDisposable
{
    private const string Scope = "https://www.googleapis.com/auth/firebase.messaging";

    private readonly ServiceAccountCredential _credential;
    private readonly SemaphoreSlim _renewing = new(1);
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly ILogger<FcmTokens> _logger;

    public FcmTokens(IOptions<NotificationsOptions> options, TimeProvider time, ILogger<FcmTokens> logger)
    {
        (_time, _logger, _limit) = (time, logger, TimeSpan.FromSeconds(options.Value.TimeoutSeconds));
        Account = ServiceAccount.Read(options.Value.Fcm.ServiceAccountFile);
        _credential = new ServiceAccountCredential(new ServiceAccountCredential.Initializer(Account.ClientEmail, Account.TokenUri)
        {
            Scopes = [Scope],
            KeyId = Account.PrivateKeyId,
            Clock = new Clock(time),
            HttpClientFactory = new Connections(options.Value),
            // What fails is tried again with the push.
            DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
        }.FromPrivateKey(Account.PrivateKey));
    }

    public ServiceAccount Account { get; }

    /// <summary>A token that holds; null, with the reason, when Google gives none.</summary>
    public Task<(string? Token, string? Reason)> GetAsync(CancellationToken token) =>
        AskAsync(limit => _credential.GetAccessTokenForRequestAsync(cancellationToken: limit), token);

    /// <summary>Another token for one that was refused; whoever comes second gets what the first has fetched.</summary>
    public Task<(string? Token, string? Reason)> RenewAsync(string refused, CancellationToken token) =>
        AskAsync(
            async limit =>
            {
                await _renewing.WaitAsync(limit);
                try
                {
                    if (_credential.Token?.AccessToken == refused)
                    {
                        await _credential.RequestAccessTokenAsync(limit);
                    }
                    return _credential.Token!.AccessToken;
                }
                finally
                {
                    _renewing.Release();
                }
            },
            token);

    public void Dispose()
    {
        _credential.HttpClient.Dispose();
        _renewing.Dispose();
    }

    private async Task<(string? Token, string? Reason)> AskAsync(Func<CancellationToken, Task<string>> ask, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(_limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            var found = await ask(either.Token);
            return string.IsNullOrEmpty(found) ? Refused("an answer without a token") : (found, null);
        }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            return Refused(e switch
            {
                OperationCanceledException => "no answer in time",
                TokenResponseException { Error.Error: { Length: > 0 and <= 64 } error } => error,
                _ => e.GetType().Name,
            });
        }
    }

    private (string? Token, string? Reason) Refused(string why)
    {
        Log.NoToken(_logger, Account.ClientEmail, Account.TokenUri, why);
        return (null, $"no access token ({why})");
    }

    private sealed class Clock(TimeProvider time) : IClock
    {
        public DateTime Now => time.GetLocalNow().DateTime;

        public DateTime UtcNow => time.GetUtcNow().UtcDateTime;
    }

    private sealed class Connections(NotificationsOptions options) : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => PushRequests.NewHandler(options);
    }

    private static partial class Log
    {
        [LoggerMessage(7040, LogLevel.Warning, "{Account} gets no access token for FCM from {Address}: {Why}")]
        public static partial void NoToken(ILogger logger, string account, string address, string why);
    }
}
