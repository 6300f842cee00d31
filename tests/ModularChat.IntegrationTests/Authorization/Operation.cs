using ModularChat.Contracts;

namespace ModularChat.IntegrationTests.Authorization;

/// <summary>One request of the API, and the answer to each: a problem code, or ok.</summary>
/// <param name="Method">GET, PUT…</param>
/// <param name="Route">The route as it is mapped, below <c>/api/v1/</c>.</param>
/// <param name="Nobody">Without credentials.</param>
/// <param name="Stranger">A user who has nothing to do with the owner; in conversations: with the group.</param>
/// <param name="Former">One who has left the group.</param>
/// <param name="Blocked">One whom the owner has blocked; in conversations: about their direct one.</param>
/// <param name="Member">A member of the group, so that a refusal of the others is not one of the request.</param>
/// <param name="Body">What is sent.</param>
internal sealed record Operation(string Method, string Route, string Nobody, string Stranger, string Former, string Blocked, string Member, object? Body = null)
{
    private const string Ok = "ok", No = "unauthorized", Gone = "not_found", Forbidden = "forbidden", Unreachable = "unreachable";

    /// <summary>Every request there is.</summary>
    public static readonly Operation[] All =
    [
        // For everybody.
        Open("GET", "limits", Ok),
        Open("GET", "server", Ok),
        Open("GET", "discovery/server", Ok),
        Open("GET", "openapi.json", Ok),
        Open("GET", "ws", "invalid_request"),
        Open("POST", "push/shown", "invalid_request", new { id = Ids.New(), receipt = "x" }),
        Open("POST", "register", "name_taken", new { name = "owner", password = "correct horse battery" }),
        Open("POST", "login", "wrong_credentials", new { name = "owner", password = "a wrong password" }),
        Open("POST", "password/reset", "wrong_credentials", new Dictionary<string, string> { ["code"] = "x", ["new"] = "correct horse battery" }),

        // One's own.
        Own("GET", "me"),
        Own("PATCH", "me", new { statusText = "here" }),
        Own("GET", "me/settings"),
        Own("PUT", "me/settings", new { version = 0, settings = new { } }),
        Own("GET", "me/drafts"),
        Own("PUT", "me/drafts/{id}", new { text = "hello" }),
        Own("DELETE", "me/drafts/{id}"),
        Own("GET", "me/presence"),
        Own("PUT", "me/presence", new { state = "away" }),
        Own("GET", "push/keys"),
        Own("GET", "me/push/subscriptions"),
        Each("POST", "me/push/subscriptions", "invalid_request", new { endpoint = "http://push.example.org/1" }),
        Each("DELETE", "me/push/subscriptions/{id}", Gone),
        Own("GET", "me/push/trace"),
        Own("POST", "me/push/test"),
        Own("GET", "me/push/settings"),
        Own("PUT", "me/push/settings", new { level = "mentions" }),
        Own("GET", "devices"),
        Own("GET", "friends"),
        Own("GET", "blocks"),
        Own("GET", "sync"),
        Own("GET", "events"),
        Own("GET", "conversations"),
        Own("POST", "logout"),
        // These users have no password that could be given.
        Each("POST", "password", "wrong_credentials", new Dictionary<string, string> { ["current"] = "a wrong password", ["new"] = "correct horse battery" }),

        // Of other users; {userId} and {id} are the owner's.
        Each("DELETE", "devices/{id}", Gone),
        new("GET", "users", No, "invalid_request", "invalid_request", "invalid_request", "invalid_request"),
        Own("GET", "users/{id}"),
        Each("GET", "presence", "invalid_request"),
        Each("PUT", "connections/{id}/watch", Gone, new { }),
        Each("POST", "connections/{id}/heartbeat", Gone, new { active = true }),
        new("PUT", "friends/{userId}", No, Ok, Ok, Unreachable, Ok),
        Own("DELETE", "friends/{userId}"),
        Own("PUT", "blocks/{userId}"),
        Own("DELETE", "blocks/{userId}"),

        // Of the server's administrator, and of applications.
        Each("POST", "admin/invites", Forbidden),
        Each("GET", "admin/nodes", Forbidden),
        Each("POST", "admin/nodes/{id}/drain", Forbidden),
        Each("GET", "admin/push/dead", Forbidden),
        Each("POST", "admin/push/dead/{id}/resend", Forbidden),
        Each("POST", "admin/users/{id}/reset", Forbidden),
        Each("POST", "admin/applications", Forbidden, new { name = "x", scopes = (string[])["users"] }),
        Each("GET", "admin/applications", Forbidden),
        Each("DELETE", "admin/applications/{id}", Forbidden),
        Each("PUT", "applications/users/{externalId}", Forbidden),
        Each("POST", "applications/users/{externalId}/sessions", Forbidden),
        Each("DELETE", "applications/users/{externalId}/sessions", Forbidden),

        // Conversations.
        new("PUT", "conversations/direct/{userId}", No, Ok, Ok, Unreachable, Ok),
        // The id is one that is there already.
        new("PUT", "conversations/{id}", No, "id_reused", "id_reused", "invalid_request", "id_reused", new { title = "Mine", userIds = Array.Empty<Guid>() }),
        new("GET", "conversations/{id}", No, Gone, Ok, Ok, Ok),
        new("PATCH", "conversations/{id}", No, Gone, Gone, Forbidden, Forbidden, new { title = "Mine" }),
        new("GET", "conversations/{id}/members", No, Gone, Gone, Ok, Ok),
        new("POST", "conversations/{id}/members", No, Gone, Gone, Forbidden, Forbidden, new { userIds = (Guid[])[Ids.New()] }),
        new("PATCH", "conversations/{id}/members/{userId}", No, Gone, Gone, Forbidden, Forbidden, new { role = "member" }),
        new("DELETE", "conversations/{id}/members/{userId}", No, Gone, Gone, Forbidden, Forbidden),
        // Who is in already has nothing to join.
        new("POST", "conversations/{id}/join", No, Gone, Gone, Ok, Ok),
        new("PUT", "conversations/{id}/preferences", No, Gone, Ok, Ok, Ok, new { archived = true }),
        new("PUT", "conversations/{id}/push", No, Gone, Ok, Ok, Ok, new { level = "nothing" }),
        new("POST", "conversations/{id}/marks", No, Gone, Ok, Ok, Ok, new { read = 2 }),
        new("POST", "conversations/{id}/typing", No, Gone, Gone, Unreachable, Ok),

        // Calls. The group has none; the id is of nobody's.
        new("POST", "conversations/{id}/calls", No, Gone, Gone, Unreachable, Forbidden, new { callId = Ids.New(), legId = Ids.New() }),
        Own("GET", "calls"),
        Each("GET", "calls/{id}", Gone),
        Each("POST", "calls/{id}/accept", Gone, new { legId = Ids.New() }),
        Each("POST", "calls/{id}/decline", Gone),
        Each("POST", "calls/{id}/hangup", Gone, new { legId = Ids.New() }),
        Each("POST", "calls/{id}/renew", Gone, new { legId = Ids.New() }),
        Each("POST", "calls/{id}/signal", Gone, new { legId = Ids.New(), signal = new { kind = "restart" } }),
        Each("GET", "calls/{id}/ice", Gone),

        // Voice rooms: nobody is in one but the member who joins.
        Own("GET", "rooms"),
        new("GET", "conversations/{id}/room", No, Gone, Gone, Unreachable, Ok),
        new("POST", "conversations/{id}/room/join", No, Gone, Gone, Unreachable, Ok, new { legId = Ids.New() }),
        new("POST", "conversations/{id}/room/renew", No, Gone, Gone, Unreachable, Gone, new { legId = Ids.New() }),
        new("POST", "conversations/{id}/room/signal", No, Gone, Gone, Gone, Gone, new { legId = Ids.New(), epoch = 1, signal = new { kind = "restart" } }),
        new("POST", "conversations/{id}/room/silence", No, Gone, Gone, Forbidden, Forbidden, new { userId = Ids.New(), silenced = true }),
        new("GET", "conversations/{id}/room/ice", No, Gone, Gone, Gone, Gone),
        // Whoever it is leaves nothing by this, and learns nothing.
        Own("POST", "conversations/{id}/room/leave", new { legId = Ids.New() }),

        // Messages; {seq} is one of the owner's.
        new("GET", "conversations/{id}/messages", No, Gone, Ok, Ok, Ok),
        new("POST", "conversations/{id}/messages", No, Gone, Gone, Unreachable, Ok, new { clientMessageId = Ids.New(), text = "text" }),
        new("PATCH", "conversations/{id}/messages/{seq}", No, Gone, Gone, Unreachable, Forbidden, new { text = "text" }),
        new("DELETE", "conversations/{id}/messages/{seq}", No, Gone, Gone, Forbidden, Forbidden),
        new("PUT", "conversations/{id}/messages/{seq}/reactions/{emoji}", No, Gone, Gone, Unreachable, Ok),
        new("DELETE", "conversations/{id}/messages/{seq}/reactions/{emoji}", No, Gone, Gone, Unreachable, Ok),
        new("PUT", "conversations/{id}/messages/{seq}/pin", No, Gone, Gone, Unreachable, Forbidden),
        new("DELETE", "conversations/{id}/messages/{seq}/pin", No, Gone, Gone, Unreachable, Forbidden),
    ];

    public string Name => $"{Method} {Route}";

    public string PathFor(Cast cast, bool direct) => Route
        .Replace("devices/{id}", $"devices/{cast.Owner.DeviceId}", StringComparison.Ordinal)
        .Replace("users/{id}", $"users/{cast.Owner.Id}", StringComparison.Ordinal)
        .Replace("{id}", $"{(direct ? cast.Direct : cast.Group)}", StringComparison.Ordinal)
        .Replace("{userId}", $"{cast.Owner.Id}", StringComparison.Ordinal)
        .Replace("{seq}", $"{Cast.Message}", StringComparison.Ordinal)
        .Replace("{emoji}", "x", StringComparison.Ordinal)
        .Replace("{externalId}", "somebody", StringComparison.Ordinal);

    private static Operation Open(string method, string route, string answer, object? body = null) => new(method, route, answer, answer, answer, answer, answer, body);

    private static Operation Own(string method, string route, object? body = null) => Each(method, route, Ok, body);

    private static Operation Each(string method, string route, string answer, object? body = null) => new(method, route, No, answer, answer, answer, answer, body);
}
