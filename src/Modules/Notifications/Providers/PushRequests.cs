using System.Globalization;
using System.Net;
using ModularChat.Storage.Outbound;

namespace ModularChat.Notifications.Providers;

/// <summary>What a service answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="RetryAfter">How long it wants to be left alone; null: it has not said.</param>
/// <param name="Body">The begin of the body; empty when nobody asked for it.</param>
internal sealed record ServiceReply(HttpStatusCode Status, TimeSpan? RetryAfter, byte[] Body)
{
    /// <summary>The status and what there is to say of it, for the trace.</summary>
    public string Text(string? reason = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)Status}{(reason is null ? "" : " ")}{reason}");
}

/// <summary>Requests to push services, within the time that an answer has. What goes wrong on the way is an answer too.</summary>
internal sealed class PushRequests(HttpMessageHandler handler, NotificationsOptions options, TimeProvider time) : IDisposable
{
    /// <summary>An answer says its reason at once; what is longer is none.</summary>
    private const int MostRead = 16_384;

    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(6);

    private readonly HttpClient _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Connections to a service that the operator has named.</summary>
    public static SocketsHttpHandler NewHandler(NotificationsOptions options) => new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(options.TimeoutSeconds),
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(30),
        EnableMultipleHttp2Connections = true,
    };

    public async Task<PushAnswer> SendAsync(HttpRequestMessage request, Func<ServiceReply, PushAnswer> judge, bool readsBody, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.TimeoutSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return judge(new ServiceReply(response.StatusCode, RetryAfter(response), readsBody ? await ReadAsync(response, either.Token) : []));
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return new PushAnswer(AnswerKind.Failed, "no answer in time");
        }
        catch (HttpRequestException e)
        {
            return e.GetBaseException() is InsideAddressException
                ? new PushAnswer(AnswerKind.Refused, "the address leads inside")
                : new PushAnswer(AnswerKind.Failed, $"no answer ({e.HttpRequestError})");
        }
        catch (IOException)
        {
            return new PushAnswer(AnswerKind.Failed, "no answer (it ended in the middle)");
        }
    }

    /// <summary>What a status means where the service says no more than that.</summary>
    public static PushAnswer Judge(ServiceReply reply) => reply.Status switch
    {
        >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous => new PushAnswer(AnswerKind.Taken, reply.Text()),
        HttpStatusCode.NotFound or HttpStatusCode.Gone => new PushAnswer(AnswerKind.Gone, reply.Text()),
        _ => JudgeFailure(reply, null),
    };

    /// <summary>What an answer means that is not that the device is gone.</summary>
    public static PushAnswer JudgeFailure(ServiceReply reply, string? reason) => reply.Status switch
    {
        HttpStatusCode.TooManyRequests => new PushAnswer(AnswerKind.Busy, reply.Text(reason), reply.RetryAfter),
        HttpStatusCode.ServiceUnavailable when reply.RetryAfter is { } after => new PushAnswer(AnswerKind.Busy, reply.Text(reason), after),
        HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new PushAnswer(AnswerKind.Failed, reply.Text(reason)),
        _ => new PushAnswer(AnswerKind.Refused, reply.Text(reason)),
    };

    public void Dispose() => _http.Dispose();

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken token)
    {
        await using var body = await response.Content.ReadAsStreamAsync(token);
        var buffer = new byte[MostRead];
        var length = await body.ReadAtLeastAsync(buffer, MostRead, throwOnEndOfStream: false, token);
        return buffer[..length];
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date is { } date ? date - time.GetUtcNow() : null);
        return after is { } span && span > TimeSpan.Zero ? (span < LongestRetry ? span : LongestRetry) : null;
    }
}
