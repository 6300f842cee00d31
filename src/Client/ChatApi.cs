using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModularChat.Client.Wire;

namespace ModularChat.Client;

/// <summary>
/// The HTTP requests of a chat server, one method each. Holds nothing but its arguments: make as many as you have users. Each method throws
/// <see cref="ChatProblemException"/> when the server refuses and <see cref="HttpRequestException"/> when it cannot be reached.
/// </summary>
/// <param name="http">Sends the requests; may be shared by all.</param>
/// <param name="server">The server, for example <c>http://localhost:5080</c>.</param>
/// <param name="credentials">On whose behalf.</param>
public sealed partial class ChatApi(HttpMessageInvoker http, Uri server, ChatCredentials credentials)
{
    private readonly Uri _root = new(server, "/api/v1/");

    /// <summary>The same server and connections for somebody else.</summary>
    public ChatApi As(ChatCredentials other) => new(http, server, other);

    /// <summary>Makes an account and logs in.</summary>
    public Task<SignedIn> RegisterAsync(
        string name, string password, string? displayName = null, string? invite = null, string? setupCode = null, DeviceDescription? device = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, "register", new RegisterBody(name, password, displayName, invite, setupCode, device), ClientJson.Default.RegisterBody, ClientJson.Default.SignedIn, token);

    /// <summary>Logs in on a new device.</summary>
    public Task<SignedIn> LogInAsync(string name, string password, DeviceDescription? device = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, "login", new LoginBody(name, password, device), ClientJson.Default.LoginBody, ClientJson.Default.SignedIn, token);

    /// <summary>Ends this session.</summary>
    public Task LogOutAsync(CancellationToken token = default) => SendAsync(HttpMethod.Post, "logout", token);

    /// <summary>The caller.</summary>
    public async Task<User> GetMeAsync(CancellationToken token = default) =>
        (await SendAsync(HttpMethod.Get, "me", ClientJson.Default.MeAnswer, token)).User;

    /// <summary>A user.</summary>
    public Task<User> GetUserAsync(Guid id, CancellationToken token = default) => SendAsync(HttpMethod.Get, $"users/{id}", ClientJson.Default.User, token);

    /// <summary>Users whose name or display name begins like this.</summary>
    public async Task<IReadOnlyList<User>> FindUsersAsync(string prefix, int limit = 20, CancellationToken token = default) =>
        (await SendAsync(HttpMethod.Get, $"users?prefix={Uri.EscapeDataString(prefix)}&limit={limit}", ClientJson.Default.UsersAnswer, token)).Users;

    /// <summary>Application key: the user with this id of the integrator's own, made if need be.</summary>
    public async Task<User> PutApplicationUserAsync(string externalId, string? name = null, string? displayName = null, CancellationToken token = default) =>
        (await SendAsync(HttpMethod.Put, $"applications/users/{Uri.EscapeDataString(externalId)}", new ApplicationUserBody(name, displayName),
            ClientJson.Default.ApplicationUserBody, ClientJson.Default.ApplicationUserAnswer, token)).User;

    /// <summary>Application key: logs a user in on a new device.</summary>
    public async Task<Session> CreateApplicationSessionAsync(string externalId, DeviceDescription? device = null, CancellationToken token = default) =>
        (await SendAsync(HttpMethod.Post, $"applications/users/{Uri.EscapeDataString(externalId)}/sessions", new ApplicationSessionBody(device),
            ClientJson.Default.ApplicationSessionBody, ClientJson.Default.ApplicationSessionAnswer, token)).Session;

    /// <summary>Application key: ends all sessions of a user.</summary>
    public Task EndApplicationSessionsAsync(string externalId, CancellationToken token = default) =>
        SendAsync(HttpMethod.Delete, $"applications/users/{Uri.EscapeDataString(externalId)}/sessions", token);

    /// <summary>Administrator: makes an application key, told this once.</summary>
    public async Task<string> CreateApplicationAsync(string name, IReadOnlyList<string> scopes, CancellationToken token = default) =>
        (await SendAsync(HttpMethod.Post, "admin/applications", new ApplicationBody(name, scopes), ClientJson.Default.ApplicationBody, ClientJson.Default.ApplicationAnswer, token)).Key;

    /// <summary>The chat server to connect to. Without a place the server finds out where the caller is, as well as it can.</summary>
    /// <param name="region">The caller's region.</param>
    /// <param name="latitude">Where the caller is, with <paramref name="longitude"/>.</param>
    /// <param name="longitude">Where the caller is.</param>
    /// <param name="explain">Whether to say how it was chosen.</param>
    /// <param name="token">Ends the wait.</param>
    public Task<ServerChoice> FindServerAsync(string? region = null, double? latitude = null, double? longitude = null, bool explain = false, CancellationToken token = default)
    {
        List<string> query = explain ? ["explain=true"] : [];
        if (region is not null)
        {
            query.Add("region=" + Uri.EscapeDataString(region));
        }
        if (latitude is { } lat)
        {
            query.Add(string.Create(CultureInfo.InvariantCulture, $"lat={lat}"));
        }
        if (longitude is { } lon)
        {
            query.Add(string.Create(CultureInfo.InvariantCulture, $"lon={lon}"));
        }
        return SendAsync(HttpMethod.Get, "discovery/server" + (query.Count == 0 ? "" : "?" + string.Join('&', query)), ClientJson.Default.ServerChoice, token);
    }

    /// <summary>Administrator: asks a node of a cluster to send its clients away and to end.</summary>
    public Task DrainNodeAsync(string id, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"admin/nodes/{Uri.EscapeDataString(id)}/drain", token);

    /// <summary>Every limit that the server enforces.</summary>
    public Task<JsonElement> GetLimitsAsync(CancellationToken token = default) => SendAsync(HttpMethod.Get, "limits", ClientJson.Default.JsonElement, token);

    private Task<TAnswer> SendAsync<TAnswer>(HttpMethod method, string path, JsonTypeInfo<TAnswer> answer, CancellationToken token) =>
        SendAsync<object?, TAnswer>(method, path, null, null, answer, token);

    private async Task SendAsync(HttpMethod method, string path, CancellationToken token) =>
        (await ExchangeAsync<object?>(method, path, null, null, TimeSpan.Zero, token)).Dispose();

    private async Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody? body, JsonTypeInfo<TBody>? bodyType, JsonTypeInfo<TAnswer> answer, CancellationToken token, TimeSpan wait = default)
    {
        using var response = await ExchangeAsync(method, path, body, bodyType, wait, token);
        await using var stream = await response.Content.ReadAsStreamAsync(token);
        return await JsonSerializer.DeserializeAsync(stream, answer, token) ?? throw new HttpRequestException("The server's answer is empty.");
    }

    private async Task<HttpResponseMessage> ExchangeAsync<TBody>(
        HttpMethod method, string path, TBody? body, JsonTypeInfo<TBody>? bodyType, TimeSpan wait, CancellationToken token)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(token);
        timeout.CancelAfter(wait + TimeSpan.FromSeconds(60));
        using var request = new HttpRequestMessage(method, new Uri(_root, path));
        if (credentials.Token is { } secret)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        }
        if (credentials.ActAs is { } user)
        {
            request.Headers.Add("Act-As", user.ToString());
        }
        if (bodyType is not null)
        {
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body!, bodyType)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json", "utf-8") } };
        }
        try
        {
            var response = await http.SendAsync(request, timeout.Token);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }
            using (response)
            {
                throw new ChatProblemException(await ReadProblemAsync(response, timeout.Token));
            }
        }
        catch (OperationCanceledException late) when (!token.IsCancellationRequested)
        {
            throw new HttpRequestException($"The server did not answer {method} {path} in time.", late);
        }
    }

    /// <summary>A proxy's answer is no problem object: the status then says whether it is worth another try.</summary>
    private static async Task<ChatProblem> ReadProblemAsync(HttpResponseMessage response, CancellationToken token)
    {
        var status = (int)response.StatusCode;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(token);
            if (await JsonSerializer.DeserializeAsync(stream, ClientJson.Default.ChatProblem, token) is { Code: { Length: > 0 } } problem)
            {
                return problem;
            }
        }
        catch (JsonException)
        {
            // Falls through to the status.
        }
        return new ChatProblem(status == 401 ? "unauthorized" : "http", status, status is 408 or 429 or >= 500, response.ReasonPhrase);
    }
}
