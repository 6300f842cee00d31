namespace ModularChat.Contracts;

/// <summary>One kind of problem that an API may answer with (RFC 9457).</summary>
/// <param name="Code">Stable, in snake_case; what a program compares.</param>
/// <param name="Status">The HTTP status it travels with.</param>
/// <param name="Retryable">True when the same request may succeed later without being changed.</param>
/// <param name="Title">The same short sentence for every problem of this code.</param>
public sealed record ProblemCode(string Code, int Status, bool Retryable, string Title);

/// <summary>Every problem code of the API. Codes are never renamed or used for something else.</summary>
public static class ProblemCodes
{
    /// <summary>The body or frame is not JSON, or a field has the wrong type.</summary>
    public static readonly ProblemCode MalformedJson = new("malformed_json", 400, false, "The body is not valid JSON of the expected shape.");
    /// <summary>A field is missing or has a value that is not allowed; detail names it and the limit.</summary>
    public static readonly ProblemCode InvalidRequest = new("invalid_request", 400, false, "A field has a value that is not allowed.");
    /// <summary>The cursor was not made by this server, or was cut or changed.</summary>
    public static readonly ProblemCode InvalidCursor = new("invalid_cursor", 400, false, "The cursor was not made by this server.");
    /// <summary>A text holds control characters or lone surrogates, or is empty.</summary>
    public static readonly ProblemCode InvalidText = new("invalid_text", 400, false, "The text holds characters that are not allowed.");
    /// <summary>A text or list is longer than its limit.</summary>
    public static readonly ProblemCode TooLong = new("too_long", 400, false, "A value is longer than its limit.");
    /// <summary>The request body or frame is larger than the limit.</summary>
    public static readonly ProblemCode TooLarge = new("too_large", 413, false, "The request is larger than its limit.");
    /// <summary>No session token or key, or one that is wrong, revoked or expired.</summary>
    public static readonly ProblemCode Unauthorized = new("unauthorized", 401, false, "A valid session token is needed.");
    /// <summary>Unknown name or wrong password, not told apart.</summary>
    public static readonly ProblemCode WrongCredentials = new("wrong_credentials", 401, false, "The user name or the password is wrong.");
    /// <summary>Too many failed log-ins for this name.</summary>
    public static readonly ProblemCode LockedOut = new("locked_out", 429, true, "Too many failed attempts.");
    /// <summary>The caller is known but may not do this.</summary>
    public static readonly ProblemCode Forbidden = new("forbidden", 403, false, "The caller may not do this.");
    /// <summary>Registration is closed, or the invite code is wrong or used.</summary>
    public static readonly ProblemCode RegistrationClosed = new("registration_closed", 403, false, "Registration is not open to the caller.");
    /// <summary>No such thing, or the caller may not know of it: a conversation that the caller is not a member of answers like one that does not exist.</summary>
    public static readonly ProblemCode NotFound = new("not_found", 404, false, "There is no such thing, or the caller may not see it.");
    /// <summary>The message to edit, delete, react to or reply to is not there or not visible.</summary>
    public static readonly ProblemCode MessageNotFound = new("message_not_found", 404, false, "There is no such message.");
    /// <summary>One of the two has blocked the other; it is not said who.</summary>
    public static readonly ProblemCode Unreachable = new("unreachable", 403, false, "This person cannot be reached.");
    /// <summary>The same client-made id came with another request.</summary>
    public static readonly ProblemCode IdReused = new("id_reused", 409, false, "This client-made id was used for another request.");
    /// <summary>The user name or external id is taken.</summary>
    public static readonly ProblemCode NameTaken = new("name_taken", 409, false, "This name is taken.");
    /// <summary>The thing has changed since the caller read it.</summary>
    public static readonly ProblemCode Conflict = new("conflict", 409, true, "The state has changed meanwhile; read it and try again.");
    /// <summary>The call is over, or was answered on another device.</summary>
    public static readonly ProblemCode CallOver = new("call_over", 409, false, "The call is over, or was answered elsewhere.");
    /// <summary>The caller is in another call, or is being called.</summary>
    public static readonly ProblemCode InCall = new("in_call", 409, false, "The caller is in another call.");
    /// <summary>A count limit is reached: members, conversations, reactions, friends; detail and limit say which.</summary>
    public static readonly ProblemCode LimitReached = new("limit_reached", 422, false, "A limit is reached.");
    /// <summary>Too many requests; retryAfterMs says when to come back.</summary>
    public static readonly ProblemCode RateLimited = new("rate_limited", 429, true, "Too many requests.");
    /// <summary>The store cannot take writes now (disk full, engine away). Nothing was acked; the outcome of a send may be unknown: send it again under the same id.</summary>
    public static readonly ProblemCode StorageUnavailable = new("storage_unavailable", 503, true, "The store cannot take writes now.");
    /// <summary>The server is starting, stopping or overloaded.</summary>
    public static readonly ProblemCode Unavailable = new("unavailable", 503, true, "The server cannot answer now.");
    /// <summary>No chat server takes connections: all are full, or stop; retryAfterMs says when to ask again.</summary>
    public static readonly ProblemCode NoServer = new("no_server", 503, true, "No server takes connections now.");
    /// <summary>A bug; the request id finds it in the log.</summary>
    public static readonly ProblemCode Internal = new("internal", 500, true, "Something went wrong in the server.");
    /// <summary>A WebSocket frame of a type that this server does not know.</summary>
    public static readonly ProblemCode UnknownFrame = new("unknown_frame", 400, false, "There is no such frame type.");
    /// <summary>A path or method that the API does not have.</summary>
    public static readonly ProblemCode NoSuchEndpoint = new("no_such_endpoint", 404, false, "The API has no such path or method.");
}
