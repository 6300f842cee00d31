using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.IntegrationTests.Servers;

/// <summary>A user on one device, with what users do. A refusal fails the test; to look at one, use <see cref="RequestAsync"/>.</summary>
/// <param name="Id">The user.</param>
/// <param name="Name">The name.</param>
/// <param name="DeviceId">The device.</param>
/// <param name="Token">The session token.</param>
/// <param name="Http">A client with the token; paths are relative to <c>/api/v1/</c>, without a leading slash.</param>
internal sealed record ChatUser(Guid Id, string Name, Guid DeviceId, string Token, HttpClient Http)
{
    public const string Password = "correct horse battery";

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Makes a group with these others.</summary>
    public Task<ConversationInfo> CreateGroupAsync(string title, params ChatUser[] others) =>
        AskAsync<ConversationInfo>(HttpMethod.Put, $"conversations/{Ids.New()}", new { title, userIds = others.Select(o => o.Id) });

    public Task<ConversationInfo> OpenDirectAsync(ChatUser other) => AskAsync<ConversationInfo>(HttpMethod.Put, $"conversations/direct/{other.Id}");

    public Task<ConversationInfo> GetConversationAsync(Guid conversation) => AskAsync<ConversationInfo>(HttpMethod.Get, $"conversations/{conversation}");

    public Task<Stored> SendAsync(Guid conversation, string text, Guid? clientMessageId = null, long? replyTo = null) =>
        AskAsync<Stored>(HttpMethod.Post, $"conversations/{conversation}/messages", new { clientMessageId = clientMessageId ?? Ids.New(), text, replyTo });

    public Task<Stored> EditAsync(Guid conversation, long seq, string text) =>
        AskAsync<Stored>(HttpMethod.Patch, $"conversations/{conversation}/messages/{seq}", new { text });

    public Task<Stored> DeleteAsync(Guid conversation, long seq) => AskAsync<Stored>(HttpMethod.Delete, $"conversations/{conversation}/messages/{seq}");

    public Task<Stored> ReactAsync(Guid conversation, long seq, string emoji) =>
        AskAsync<Stored>(HttpMethod.Put, $"conversations/{conversation}/messages/{seq}/reactions/{Uri.EscapeDataString(emoji)}");

    public Task<ConversationInfo> AddAsync(Guid conversation, params ChatUser[] others) =>
        AskAsync<ConversationInfo>(HttpMethod.Post, $"conversations/{conversation}/members", new { userIds = others.Select(o => o.Id) });

    /// <summary>Removes a member; oneself: leaves.</summary>
    public Task<Stored> RemoveAsync(Guid conversation, ChatUser user) =>
        AskAsync<Stored>(HttpMethod.Delete, $"conversations/{conversation}/members/{user.Id}");

    public Task<OwnState> MarkAsync(Guid conversation, long? delivered = null, long? read = null) =>
        AskAsync<OwnState>(HttpMethod.Post, $"conversations/{conversation}/marks", new { delivered, read });

    public Task<HistoryPage> HistoryAsync(Guid conversation, long? before = null, long? after = null, int limit = 200) =>
        AskAsync<HistoryPage>(HttpMethod.Get, $"conversations/{conversation}/messages?limit={limit}{Query("before", before)}{Query("after", after)}");

    /// <summary>One page of a sync.</summary>
    public Task<SyncPage> SyncAsync(string? cursor = null, int limit = 500, int wait = 0) =>
        AskAsync<SyncPage>(HttpMethod.Get, $"sync?limit={limit}&wait={wait}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");

    /// <summary>All pages of a sync; the last one's cursor and everything new.</summary>
    public async Task<(string Cursor, List<ConversationSync> Conversations)> SyncAllAsync(string? cursor = null, int limit = 500)
    {
        List<ConversationSync> conversations = [];
        while (true)
        {
            var page = await SyncAsync(cursor, limit);
            conversations.AddRange(page.Conversations);
            cursor = page.Cursor;
            if (!page.More)
            {
                return (cursor, conversations);
            }
        }
    }

    /// <summary>Says who may add this user to groups: everybody or friends.</summary>
    public async Task SetGroupAdditionsAsync(string value)
    {
        var now = await AskAsync<JsonElement>(HttpMethod.Get, "me/settings");
        await OkAsync(HttpMethod.Put, "me/settings", new { version = now.GetProperty("version").GetInt64(), settings = new { groupAdditions = value } });
    }

    public Task BlockAsync(ChatUser other) => OkAsync(HttpMethod.Put, $"blocks/{other.Id}");

    /// <summary>A request as it is; the answer may be a refusal.</summary>
    public Task<HttpResponseMessage> RequestAsync(HttpMethod method, string path, object? body = null) => Http.SendAsync(Request(method, path, body), Cancel);

    /// <summary>A request that must succeed, with its answer.</summary>
    public async Task<T> AskAsync<T>(HttpMethod method, string path, object? body = null)
    {
        using var response = await RequestAsync(method, path, body);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        response.IsSuccessStatusCode.ShouldBeTrue($"{Name}: {method} {path}: {(int)response.StatusCode} {text}");
        return JsonSerializer.Deserialize<T>(text, Json)!;
    }

    private async Task OkAsync(HttpMethod method, string path, object? body = null)
    {
        using var response = await RequestAsync(method, path, body);
        response.IsSuccessStatusCode.ShouldBeTrue($"{Name}: {method} {path}: {await response.Content.ReadAsStringAsync(Cancel)}");
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, object? body) =>
        new(method, path) { Content = body is null ? null : JsonContent.Create(body, options: Json) };

    private static string Query(string name, long? value) => value is null ? "" : string.Create(CultureInfo.InvariantCulture, $"&{name}={value}");
}
