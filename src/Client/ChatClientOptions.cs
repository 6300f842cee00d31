namespace ModularChat.Client;

/// <summary>How a client talks to its server.</summary>
public enum Transport
{
    /// <summary>WebSocket; long polling where it cannot be opened.</summary>
    Auto = 0,
    /// <summary>WebSocket only.</summary>
    WebSocket,
    /// <summary>Long polling only.</summary>
    LongPoll,
}

/// <summary>Settings of a client.</summary>
public sealed class ChatClientOptions
{
    /// <summary>The server, for example <c>http://localhost:5080</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>A session token; or use <see cref="ApplicationKey"/> with <see cref="ActAs"/>.</summary>
    public string? Token { get; init; }

    /// <summary>An application key of an integrator's server.</summary>
    public string? ApplicationKey { get; init; }

    /// <summary>The user that the application acts as.</summary>
    public Guid? ActAs { get; init; }

    /// <summary>How to talk to the server. Default: WebSocket, long polling where it cannot be opened.</summary>
    public Transport Transport { get; init; }

    /// <summary>
    /// Whether to ask the server before each WebSocket where to open it, and to try its alternatives; a server that stands alone names
    /// itself. All other requests go to <see cref="Url"/>. Default true.
    /// </summary>
    public bool Discover { get; init; } = true;

    /// <summary>The region of this client, when it knows it better than the server could find out.</summary>
    public string? Region { get; init; }

    /// <summary>Where cursor, conversations and outbox are kept between runs. Default: in memory only.</summary>
    public IChatStore Store { get; init; } = new MemoryChatStore();

    /// <summary>Entries that the timeline of a conversation keeps. 0 keeps none: for programs that only handle what comes. Default 200.</summary>
    public int KeepEntries { get; init; } = 200;

    /// <summary>
    /// When a sync leaves out up to so many entries of a conversation, they are read from history and come in order; more become a
    /// <see cref="GapLeft"/>. Default 1,000.
    /// </summary>
    public long MaxGapFill { get; init; } = 1_000;

    /// <summary>Requests sent without waiting for their ack. Default 16.</summary>
    public int InFlight { get; init; } = 16;

    /// <summary>Events that wait for a reader of <c>EventsAsync</c>; one who is further behind gets an exception. Default 100,000.</summary>
    public int MaxBufferedEvents { get; init; } = 100_000;

    /// <summary>Is told every event in order, on the connection's own loop: be quick, and do not wait for this client in it.</summary>
    public Action<ChatEvent>? OnEvent { get; init; }

    /// <summary>
    /// Is told each live entry as it came over the WebSocket, before it is put in order or dropped as double: for programs that check a server.
    /// Called on the connection's own loop.
    /// </summary>
    public Action<Entry>? OnRawEntry { get; init; }

    /// <summary>Shared by as many clients as you like; null makes one for this client. It must not have a short timeout: long polls last up to a minute.</summary>
    public HttpMessageInvoker? Http { get; init; }

    /// <summary>Opens WebSockets, when that is to be limited otherwise than <see cref="Http"/>: each open WebSocket holds one of its connections.</summary>
    public HttpMessageInvoker? WebSocketHttp { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Jitter; give a seeded one to repeat a run.</summary>
    public Random Random { get; init; } = Random.Shared;
}
