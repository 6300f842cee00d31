using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using static ModularChat.Contracts.ProblemCodes;

namespace ModularChat.Host.Description;

/// <summary>Every operation of the REST API.</summary>
internal static class OperationList
{
    private const string Accounts = "Accounts", Profiles = "Profiles", People = "People", Administration = "Administration", Applications = "Applications";
    private const string Conversations = "Conversations", Members = "Members", Messages = "Messages", Reading = "Reading", Server = "Server", PresenceTag = "Presence", Push = "Push", Calls = "Calls";

    public static readonly IReadOnlyList<Operation> All =
    [
        new("GET", "/limits", "getLimits", Server, "The limits in force") { IsAnonymous = true, Answer = typeof(Dictionary<string, long>), Statuses = [200] },
        new("GET", "/server", "getServer", Server, "What runs here and who may register") { IsAnonymous = true },
        new("GET", "/discovery/server", "findServer", Server, "The chat server that suits the caller: near, and with free capacity")
        {
            IsAnonymous = true, Answer = typeof(ServerChoice), Problems = [RateLimited, NoServer, Forbidden, Unauthorized],
        },

        new("POST", "/register", "register", Accounts, "Registers a user and begins a session")
        {
            IsAnonymous = true, Needs = ["name", "password"], Problems = [InvalidText, TooLong, NameTaken, RegistrationClosed, RateLimited, WrongCredentials, NotFound],
        },
        new("POST", "/login", "logIn", Accounts, "Begins a session")
        {
            IsAnonymous = true, Needs = ["name", "password"], Problems = [InvalidText, TooLong, WrongCredentials, LockedOut, RateLimited],
        },
        new("POST", "/logout", "logOut", Accounts, "Ends the caller's session"),
        new("POST", "/password", "changePassword", Accounts, "Changes the password and ends all other sessions")
        {
            Needs = ["current", "new"], Problems = [TooLong, InvalidText, WrongCredentials, LockedOut, RateLimited],
        },
        new("POST", "/password/reset", "resetPassword", Accounts, "Sets a new password with a one-time code")
        {
            IsAnonymous = true, Needs = ["code", "new"], Problems = [TooLong, InvalidText, WrongCredentials, RateLimited],
        },
        new("GET", "/devices", "listDevices", Accounts, "The caller's devices"),
        new("DELETE", "/devices/{id}", "signOutDevice", Accounts, "Ends the session of one device") { Problems = [NotFound] },

        new("GET", "/me", "getMe", Profiles, "The caller's own profile") { Problems = [NotFound] },
        new("PATCH", "/me", "changeMe", Profiles, "Changes the caller's profile") { Problems = [InvalidText, TooLong, NotFound] },
        new("GET", "/me/settings", "getSettings", Profiles, "The caller's settings"),
        new("PUT", "/me/settings", "putSettings", Profiles, "Replaces the caller's settings") { Needs = ["version", "settings"], Problems = [TooLong, InvalidText, Conflict] },
        new("GET", "/me/drafts", "listDrafts", Profiles, "What the caller has begun to write"),
        new("PUT", "/me/drafts/{id}", "putDraft", Profiles, "Keeps a draft for a conversation") { Needs = ["text"], Problems = [InvalidText, TooLong, LimitReached] },
        new("DELETE", "/me/drafts/{id}", "deleteDraft", Profiles, "Takes a draft away"),
        new("GET", "/users", "searchUsers", Profiles, "Users whose name begins so"),
        new("GET", "/users/{id}", "getUser", Profiles, "One user's profile") { Problems = [NotFound] },

        new("GET", "/presence", "getPresence", PresenceTag, "The presence of some users") { Problems = [TooLong] },
        new("GET", "/me/presence", "getOwnPresence", PresenceTag, "The caller's own presence"),
        new("PUT", "/me/presence", "setPresence", PresenceTag, "Sets what the caller shows") { Problems = [InvalidText, TooLong, RateLimited] },
        new("PUT", "/connections/{id}/watch", "watchPresence", PresenceTag, "Whose presence a connection is sent") { Problems = [NotFound, TooLong, RateLimited] },
        new("POST", "/connections/{id}/heartbeat", "beatConnection", PresenceTag, "Whether the user of a connection does something") { Needs = ["active"], Problems = [NotFound] },

        new("GET", "/push/keys", "getPushKeys", Push, "What a device needs for subscribing"),
        new("GET", "/me/push/subscriptions", "listPushSubscriptions", Push, "The caller's subscriptions"),
        new("POST", "/me/push/subscriptions", "putPushSubscription", Push, "Registers a device with its push service") { Needs = ["endpoint"], Problems = [InvalidText, TooLong] },
        new("DELETE", "/me/push/subscriptions/{id}", "removePushSubscription", Push, "Takes a subscription away") { Problems = [NotFound] },
        new("GET", "/me/push/settings", "getPushSettings", Push, "What the caller is told of"),
        new("PUT", "/me/push/settings", "putPushSettings", Push, "Replaces what the caller is told of, but for single conversations"),
        new("GET", "/me/push/trace", "tracePushes", Push, "What was done about messages for the caller"),
        new("POST", "/me/push/test", "testPush", Push, "Sends a push that says nothing to all devices of the caller, and tells what came of it"),
        new("POST", "/push/shown", "confirmPush", Push, "Says that a device has shown a push") { IsAnonymous = true, Needs = ["id", "receipt"] },
        new("GET", "/admin/push/dead", "listDeadPushes", Administration, "Pushes that were given up"),
        new("POST", "/admin/push/dead/{id}/resend", "resendPush", Administration, "Has a push that was given up tried again") { Problems = [NotFound] },
        new("PUT", "/conversations/{id}/push", "setPushLevel", Push, "What the caller is told of in one conversation") { Needs = ["level"], Problems = [NotFound] },

        new("POST", "/conversations/{id}/calls", "startCall", Calls, "Calls the other of a direct conversation")
        {
            Needs = ["callId", "legId"], Problems = [NotFound, Unreachable, InCall, IdReused, RateLimited, Conflict],
        },
        new("GET", "/calls", "listCalls", Calls, "The caller's calls that are not over"),
        new("GET", "/calls/{id}", "getCall", Calls, "A call, and what the other end has told since") { Problems = [NotFound] },
        new("POST", "/calls/{id}/accept", "acceptCall", Calls, "Answers a call") { Needs = ["legId"], Problems = [NotFound, Unreachable, CallOver] },
        new("POST", "/calls/{id}/decline", "declineCall", Calls, "Does not want a call") { Problems = [NotFound, CallOver] },
        new("POST", "/calls/{id}/hangup", "hangUp", Calls, "Leaves a call, or takes it back while it rings") { Needs = ["legId"], Problems = [NotFound] },
        new("POST", "/calls/{id}/renew", "renewCall", Calls, "Says that an end is still there") { Needs = ["legId"], Problems = [NotFound, CallOver] },
        new("POST", "/calls/{id}/signal", "signalCall", Calls, "Tells the other end something")
        {
            Statuses = [204], Needs = ["legId", "signal"], Problems = [NotFound, CallOver, Conflict, TooLong, LimitReached, RateLimited],
        },
        new("GET", "/calls/{id}/ice", "getIce", Calls, "New credentials of the relay for a call") { Problems = [NotFound, CallOver] },
        new("GET", "/rooms", "listRooms", Calls, "The voice rooms of the caller's groups that somebody is in"),
        new("GET", "/conversations/{id}/room", "getRoom", Calls, "The voice room of a group, and what an end was told since") { Problems = [NotFound, Unreachable] },
        new("POST", "/conversations/{id}/room/join", "joinRoom", Calls, "Goes into the voice room of a group")
        {
            Needs = ["legId"], Problems = [NotFound, Unreachable, IdReused, LimitReached, RateLimited],
        },
        new("POST", "/conversations/{id}/room/leave", "leaveRoom", Calls, "Leaves the voice room") { Statuses = [204], Needs = ["legId"] },
        new("POST", "/conversations/{id}/room/renew", "renewRoom", Calls, "Says that an end is still there, and how") { Needs = ["legId"], Problems = [NotFound, Unreachable, RateLimited] },
        new("POST", "/conversations/{id}/room/signal", "signalRoom", Calls, "Tells another end, or the mixer, something")
        {
            Statuses = [204], Needs = ["legId", "epoch", "signal"], Problems = [NotFound, Conflict, TooLong, LimitReached, RateLimited],
        },
        new("POST", "/conversations/{id}/room/silence", "silenceInRoom", Calls, "Takes the word from somebody in the voice room, or gives it back")
        {
            Needs = ["userId", "silenced"], Problems = [NotFound],
        },
        new("GET", "/conversations/{id}/room/ice", "getRoomIce", Calls, "New credentials of the relay for the voice room") { Problems = [NotFound] },

        new("GET", "/friends", "listFriends", People, "The caller's friends and open requests"),
        new("PUT", "/friends/{userId}", "putFriend", People, "Asks for friendship, or accepts") { Problems = [NotFound, Unreachable, LimitReached] },
        new("DELETE", "/friends/{userId}", "removeFriend", People, "Ends a friendship, declines or takes back") { Problems = [NotFound] },
        new("GET", "/blocks", "listBlocks", People, "Whom the caller has blocked"),
        new("PUT", "/blocks/{userId}", "block", People, "Blocks a user") { Problems = [NotFound, LimitReached] },
        new("DELETE", "/blocks/{userId}", "unblock", People, "Takes a block away") { Problems = [NotFound] },

        new("GET", "/admin/nodes", "listNodes", Administration, "The nodes of the cluster"),
        new("POST", "/admin/nodes/{id}/drain", "drainNode", Administration, "Asks a node to send its clients away and to end") { Statuses = [204], Problems = [NotFound] },
        new("POST", "/admin/invites", "createInvite", Administration, "Makes a one-time code to register with"),
        new("POST", "/admin/users/{id}/reset", "createPasswordReset", Administration, "Makes a one-time code for a new password") { Problems = [NotFound] },
        new("POST", "/admin/applications", "addApplication", Administration, "Makes an application key") { Needs = ["name", "scopes"], Problems = [InvalidText, TooLong] },
        new("GET", "/admin/applications", "listApplications", Administration, "All application keys, without the secrets"),
        new("DELETE", "/admin/applications/{id}", "revokeApplication", Administration, "Revokes an application key") { Problems = [NotFound] },

        new("PUT", "/applications/users/{externalId}", "putApplicationUser", Applications, "Makes or updates a user of the application")
        {
            BodyIsOptional = true, Problems = [InvalidText, TooLong, NameTaken],
        },
        new("POST", "/applications/users/{externalId}/sessions", "beginApplicationSession", Applications, "Begins a session for a user of the application")
        {
            BodyIsOptional = true, Problems = [InvalidText, TooLong, NotFound],
        },
        new("DELETE", "/applications/users/{externalId}/sessions", "endApplicationSessions", Applications, "Signs a user of the application out everywhere") { Problems = [TooLong, InvalidText, NotFound] },

        new("PUT", "/conversations/direct/{userId}", "openDirect", Conversations, "Opens the direct conversation with a user") { Problems = [NotFound, Unreachable, LimitReached, Conflict, IdReused] },
        new("PUT", "/conversations/{id}", "createGroup", Conversations, "Makes a group") { Needs = ["title", "userIds"], Problems = [.. Write, NotFound, Unreachable] },
        new("GET", "/conversations", "listConversations", Conversations, "The caller's conversations"),
        new("GET", "/conversations/{id}", "getConversation", Conversations, "One conversation") { Problems = [NotFound] },
        new("PATCH", "/conversations/{id}", "changeGroup", Conversations, "Changes title or settings of a group") { Problems = [.. Write, NotFound] },
        new("PUT", "/conversations/{id}/preferences", "setPreferences", Conversations, "Sets the caller's own preferences") { Problems = [NotFound] },
        new("POST", "/conversations/{id}/marks", "advanceMarks", Conversations, "Moves the caller's marks forward") { Problems = [NotFound] },
        new("POST", "/conversations/{id}/typing", "signalTyping", Conversations, "Says that the caller is typing") { Statuses = [204], Problems = [NotFound, Unreachable] },

        new("GET", "/conversations/{id}/members", "listMembers", Members, "The members of a conversation") { Problems = [NotFound] },
        new("POST", "/conversations/{id}/members", "addMembers", Members, "Adds or invites people") { Needs = ["userIds"], Problems = [.. Write, NotFound, Unreachable] },
        new("PATCH", "/conversations/{id}/members/{userId}", "setRole", Members, "Gives a member another role") { Needs = ["role"], Problems = [.. Write, NotFound] },
        new("DELETE", "/conversations/{id}/members/{userId}", "removeMember", Members, "Removes a member; oneself: leaves or declines") { Problems = [.. Write, NotFound] },
        new("POST", "/conversations/{id}/join", "joinGroup", Members, "Accepts an invitation") { BodyIsOptional = true, Problems = [.. Write, NotFound] },

        new("POST", "/conversations/{id}/messages", "sendMessage", Messages, "Sends a message")
        {
            Statuses = [201, 200], Needs = ["clientMessageId", "text"], Problems = [.. Write, NotFound, MessageNotFound, Unreachable],
        },
        new("PATCH", "/conversations/{id}/messages/{seq}", "editMessage", Messages, "Replaces the text of an own message") { Needs = ["text"], Problems = OnMessage },
        new("DELETE", "/conversations/{id}/messages/{seq}", "deleteMessage", Messages, "Deletes a message for all") { Problems = OnMessage },
        new("PUT", "/conversations/{id}/messages/{seq}/reactions/{emoji}", "react", Messages, "Puts a reaction on a message") { Problems = OnMessage },
        new("DELETE", "/conversations/{id}/messages/{seq}/reactions/{emoji}", "unreact", Messages, "Takes an own reaction away") { Problems = OnMessage },
        new("PUT", "/conversations/{id}/messages/{seq}/pin", "pinMessage", Messages, "Pins a message for all") { Problems = OnMessage },
        new("DELETE", "/conversations/{id}/messages/{seq}/pin", "unpinMessage", Messages, "Unpins a message") { Problems = OnMessage },

        new("GET", "/conversations/{id}/messages", "getHistory", Reading, "A page of a conversation's entries") { Problems = [NotFound] },
        new("GET", "/events", "events", Reading, "What came after a cursor and what happens from now on, as server-sent events")
        {
            Answer = typeof(string), Statuses = [200], MediaType = "text/event-stream", Parameters = [("query", "cursor"), ("header", "Last-Event-ID")],
        },
        new("GET", "/sync", "sync", Reading, "What came after a cursor") { Problems = [InvalidCursor, RateLimited] },
    ];

    /// <summary>What every write into a log may be refused with.</summary>
    private static ProblemCode[] Write => [InvalidText, TooLong, IdReused, Conflict, LimitReached, StorageUnavailable];

    private static ProblemCode[] General => [Internal, Unavailable, StorageUnavailable];

    private static ProblemCode[] WithCredentials => [InvalidRequest, Unauthorized, Forbidden];

    private static ProblemCode[] WithParameters => [InvalidRequest, NoSuchEndpoint];

    private static ProblemCode[] WithBody => [MalformedJson, InvalidText, InvalidRequest, TooLarge];

    private static ProblemCode[] OnMessage => [.. Write, NotFound, MessageNotFound, Unreachable];

    /// <summary>True for a code that most operations may answer, whatever they do.</summary>
    public static bool IsGeneral(ProblemCode code) => General.Contains(code) || WithCredentials.Contains(code) || WithParameters.Contains(code) || WithBody.Contains(code);

    /// <summary>All codes of an operation: its own, and those that every operation of its kind has.</summary>
    public static ProblemCode[] ProblemsOf(Operation operation, bool hasBody, bool hasParameters)
    {
        List<ProblemCode> codes = [.. operation.Problems, .. General];
        if (!operation.IsAnonymous)
        {
            codes.AddRange(WithCredentials);
        }
        if (hasParameters)
        {
            codes.AddRange(WithParameters);
        }
        if (hasBody)
        {
            codes.AddRange(WithBody);
        }
        return [.. codes.Distinct().OrderBy(c => c.Status).ThenBy(c => c.Code, StringComparer.Ordinal)];
    }
}
