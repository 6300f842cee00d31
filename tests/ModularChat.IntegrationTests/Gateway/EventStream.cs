using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace ModularChat.IntegrationTests.Gateway;

/// <summary>One server-sent event, as a client sees it.</summary>
internal sealed record StreamEvent(string Type, string? Id, JsonNode Data);

/// <summary>A client of <c>GET /events</c> that keeps the last id, as EventSource does.</summary>
internal sealed class EventStream(HttpResponseMessage response, StreamReader reader) : IAsyncDisposable
{
    public string? LastId { get; private set; }

    public int Comments { get; private set; }

    public HttpResponseMessage Response => response;

    public static async Task<EventStream> OpenAsync(HttpClient http, CancellationToken token, string? lastEventId = null, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "events" + query);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
        response.EnsureSuccessStatusCode();
        return new EventStream(response, new StreamReader(await response.Content.ReadAsStreamAsync(token)));
    }

    /// <summary>The next event; null when the server ended the response.</summary>
    public async Task<StreamEvent?> ReadAsync(CancellationToken token)
    {
        string? type = null, id = null, data = null;
        while (await reader.ReadLineAsync(token) is { } line)
        {
            if (line.StartsWith(':'))
            {
                Comments++;
            }
            else if (line.Length == 0)
            {
                if (data is not null)
                {
                    return new StreamEvent(type!, id, JsonNode.Parse(data)!);
                }
            }
            else
            {
                var colon = line.IndexOf(": ", StringComparison.Ordinal);
                var value = line[(colon + 2)..];
                switch (line[..colon])
                {
                    case "event":
                        type = value;
                        break;
                    case "id":
                        id = LastId = value;
                        break;
                    case "data":
                        data = value;
                        break;
                }
            }
        }
        return null;
    }

    /// <summary>The next event of a type; others are passed over.</summary>
    public async Task<JsonNode> ExpectAsync(string type, CancellationToken token)
    {
        while (await ReadAsync(token) is { } next)
        {
            if (next.Type == type)
            {
                return next.Data;
            }
        }
        throw new InvalidOperationException($"ended while waiting for {type}");
    }

    public ValueTask DisposeAsync()
    {
        reader.Dispose();
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}
