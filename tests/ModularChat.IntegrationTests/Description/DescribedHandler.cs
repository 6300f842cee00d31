using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using ModularChat.Host.Description;

namespace ModularChat.IntegrationTests.Description;

/// <summary>Holds every answer of the API against the document; one that it does not allow fails the test that asked.</summary>
internal sealed class DescribedHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>The operations that this client has called with success.</summary>
    public ConcurrentDictionary<string, bool> Called { get; } = new(StringComparer.Ordinal);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var path = request.RequestUri!.AbsolutePath;
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        // 431 is said before there is an operation.
        if (response.StatusCode == HttpStatusCode.RequestHeaderFieldsTooLarge || !path.StartsWith(Describing.Prefix + "/", StringComparison.Ordinal)
            || ApiDescription.Committed.Find(request.Method, path) is not { } operation)
        {
            return response;
        }
        var body = "\"a stream that has no end\"";
        if (mediaType != "text/event-stream")
        {
            // Read here, and again by the test.
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            body = await response.Content.ReadAsStringAsync(cancellationToken);
        }
        Hold(request, operation, response, mediaType, body);
        if (response.IsSuccessStatusCode)
        {
            Called[operation["operationId"]!.GetValue<string>()] = true;
        }
        return response;
    }

    private static void Hold(HttpRequestMessage request, JsonObject operation, HttpResponseMessage response, string? mediaType, string body) =>
        ApiDescription.Committed.Check(operation, (int)response.StatusCode, mediaType, body)
            .ShouldBeEmpty($"{request.Method} {request.RequestUri} answered {(int)response.StatusCode} {body}, which docs/openapi.json does not allow");
}
