using System.Net.Http.Headers;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>HTTP/2 without TLS to other nodes. A connection whose other end is silent is found by pings, also while nothing is asked.</summary>
internal sealed class NodeHttp : IDisposable
{
    /// <summary>The largest request or answer: above what any page of a sync can be.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        KeepAlivePingDelay = TimeSpan.FromSeconds(2),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        ActivityHeadersPropagator = null,
    });

    /// <summary>Sends and reads the whole answer.</summary>
    /// <exception cref="NodeAwayException">It could not be sent, or was not answered.</exception>
    public async Task<(HttpResponseMessage Response, byte[] Body)> SendAsync(HttpRequestMessage request, CancellationToken token)
    {
        request.Content!.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        HttpResponseMessage? response = null;
        try
        {
            response = await _invoker.SendAsync(request, token);
            if (response.Content.Headers.ContentLength > MostBytes)
            {
                throw new HttpRequestException("Its answer is too large.");
            }
            await response.Content.LoadIntoBufferAsync(MostBytes, token);
            return (response, await response.Content.ReadAsByteArrayAsync(token));
        }
        catch (HttpRequestException e)
        {
            response?.Dispose();
            var isGone = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;
            throw new NodeAwayException(isGone ? "nobody listens there." : "the connection broke.", wasSent: !isGone, isGone, e);
        }
        catch (IOException e)
        {
            response?.Dispose();
            throw new NodeAwayException("the connection broke.", wasSent: true, isGone: false, e);
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }

    public void Dispose() => _invoker.Dispose();
}
