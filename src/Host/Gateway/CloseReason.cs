namespace ModularChat.Host.Gateway;

/// <summary>
/// Why a connection is closed. 4000-4099: the client comes back by itself, with its cursor; 4100-4199: not before something
/// is changed. docs/protocol.md section 10 is the same list for clients.
/// </summary>
internal sealed record CloseReason(int Code, string Text)
{
    /// <summary>The client may come back by itself.</summary>
    public bool IsRetryable => Code is 1001 or (>= 4000 and < 4100);

    public static readonly CloseReason Normal = new(1000, "closed");
    public static readonly CloseReason Goodbye = new(1000, "goodbye");
    public static readonly CloseReason GoingAway = new(1001, "the server stops");
    public static readonly CloseReason TooBig = new(1009, "frame above the limit");
    public static readonly CloseReason Internal = new(4000, "internal");
    public static readonly CloseReason NoHello = new(4001, "no hello in time");
    public static readonly CloseReason NoHeartbeat = new(4003, "no heartbeat");
    public static readonly CloseReason TooSlow = new(4008, "read too slowly");
    public static readonly CloseReason SyncAgain = new(4009, "sync again");
    public static readonly CloseReason Drained = new(4010, "the server is drained");
    public static readonly CloseReason Unauthorized = new(4100, "unauthorized");
    public static readonly CloseReason Malformed = new(4101, "not a frame");
    public static readonly CloseReason BadCursor = new(4103, "invalid cursor");
    public static readonly CloseReason TooManyConnections = new(4102, "too many connections");
}
