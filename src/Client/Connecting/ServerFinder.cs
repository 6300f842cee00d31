namespace ModularChat.Client.Connecting;

/// <summary>Where to open a WebSocket: what discovery recommends, its alternatives, and at the end the address that the application gave.</summary>
internal sealed class ServerFinder(ChatClientOptions options, ChatApi api)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Servers in the order in which they are to be tried.</summary>
    /// <exception cref="ChatProblemException">No server takes connections now; its problem says when to ask again.</exception>
    public async Task<IReadOnlyList<Uri>> FindAsync(CancellationToken token)
    {
        if (!options.Discover)
        {
            return [options.Url];
        }
        using var timeout = new CancellationTokenSource(Patience, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, timeout.Token);
        try
        {
            var choice = await api.FindServerAsync(options.Region, token: either.Token);
            return Order([choice.Url, .. choice.Alternatives?.Select(a => a.Url) ?? []]);
        }
        catch (ChatProblemException refused) when (refused.Problem.Code == "no_server")
        {
            throw;
        }
        catch (Exception) when (!token.IsCancellationRequested)
        {
            // Older, too busy, or not there: then the one address that is known has to do.
            return [options.Url];
        }
    }

    private List<Uri> Order(IEnumerable<string> urls)
    {
        var servers = new List<Uri>();
        foreach (var url in urls.Select(Resolve).Append(options.Url))
        {
            if (url is not null && !servers.Exists(s => s.Authority == url.Authority && s.Scheme == url.Scheme))
            {
                servers.Add(url);
            }
        }
        return servers;
    }

    /// <summary>The token goes there, so never from a protected connection to an open one.</summary>
    private Uri? Resolve(string url) =>
        url.Length == 0 ? options.Url
        : Uri.TryCreate(url, UriKind.Absolute, out var server) && (server.Scheme == "https" || (server.Scheme == "http" && options.Url.Scheme == "http")) ? server
        : null;
}
