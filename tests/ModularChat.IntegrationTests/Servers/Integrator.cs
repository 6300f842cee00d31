using System.Net.Http.Json;
using System.Text.Json;

namespace ModularChat.IntegrationTests.Servers;

/// <summary>Another server with an application key: makes users without passwords and their sessions.</summary>
internal sealed class Integrator(Uri url, string key) : IDisposable
{
    public const string Settings = "Identity:WriteDevelopmentKey=true";

    private readonly HttpClient _http = Client(url, key);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<Integrator> FromFolderAsync(Uri url, string folder) =>
        new(url, (await File.ReadAllTextAsync(Path.Combine(folder, "development-key"), Token)).Trim());

    public async Task<ChatUser> MakeUserAsync(string externalId)
    {
        var user = await AskAsync(HttpMethod.Put, $"applications/users/{externalId}");
        var session = (await AskAsync(HttpMethod.Post, $"applications/users/{externalId}/sessions")).GetProperty("session");
        var token = session.GetProperty("token").GetString()!;
        return new ChatUser(
            user.GetProperty("user").GetProperty("id").GetGuid(), externalId, session.GetProperty("deviceId").GetGuid(), token, Client(url, token));
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> AskAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(new { }) };
        using var response = await _http.SendAsync(request, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        response.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {text}");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static HttpClient Client(Uri url, string token)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = new Uri(url, "/api/v1/"), Timeout = TimeSpan.FromSeconds(20) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }
}
