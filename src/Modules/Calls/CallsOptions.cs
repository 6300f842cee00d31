using System.ComponentModel.DataAnnotations;
using ModularChat.Contracts;

namespace ModularChat.Calls;

/// <summary>Settings of the module Calls, section <c>Calls</c>.</summary>
public sealed class CallsOptions
{
    /// <summary>STUN servers that clients ask for their own address: <c>stun:host:3478</c>, with commas between. Default empty: none.</summary>
    [RegularExpression(@"stuns?:[^\s,]+(\s*,\s*stuns?:[^\s,]+)*", ErrorMessage = "Calls:StunUrls must be stun: or stuns: addresses with commas between.")]
    public string StunUrls { get; set; } = "";

    /// <summary>
    /// The relay: <c>turn:host:3478?transport=udp</c>, <c>turn:host:3478?transport=tcp</c>, <c>turns:host:5349</c>, with commas between. Default empty: there is none,
    /// and calls go directly from client to client.
    /// </summary>
    [RegularExpression(@"turns?:[^\s,]+(\s*,\s*turns?:[^\s,]+)*", ErrorMessage = "Calls:TurnUrls must be turn: or turns: addresses with commas between.")]
    public string TurnUrls { get; set; } = "";

    /// <summary>The secret shared with the relay (<c>static-auth-secret</c> of coturn), at least 16 characters. Secret. Default empty.</summary>
    [RegularExpression(".{16,}", ErrorMessage = "Calls:TurnSecret must have at least 16 characters.")]
    public string TurnSecret { get; set; } = "";

    /// <summary>Seconds for which credentials open a relay. What is open stays. 60 to 86,400. Default 600.</summary>
    [Range(60, 86_400)]
    public int CredentialSeconds { get; set; } = 600;

    /// <summary>Whether clients send through the relay only, and so never learn each other's addresses; without a relay nothing comes of it. Default true.</summary>
    public bool RelayOnly { get; set; } = true;

    /// <summary>Seconds for which a call rings. 5 to 300. Default 30.</summary>
    [Range(5, 300), Limit]
    public int RingSeconds { get; set; } = 30;

    /// <summary>Seconds between two signs of life of an end of a call. Less than ReconnectSeconds, 1 to 60. Default 5.</summary>
    [Range(1, 60), Limit]
    public int RenewSeconds { get; set; } = 5;

    /// <summary>Seconds after its last sign of life in which an end of a call may come back. 2 to 300. Default 15.</summary>
    [Range(2, 300), Limit]
    public int ReconnectSeconds { get; set; } = 15;

    /// <summary>Calls that one user may begin in a minute. 1 to 1,000. Default 20.</summary>
    [Range(1, 1_000), Limit]
    public int CallsPerMinute { get; set; } = 20;

    /// <summary>Bytes of a session description. 1,024 to 1,048,576. Default 65,536.</summary>
    [Range(1024, 1024 * 1024), Limit]
    public int MaxDescriptionBytes { get; set; } = 64 * 1024;

    /// <summary>Candidates that an end may send after a description. 10 to 1,000. Default 100.</summary>
    [Range(10, 1_000), Limit]
    public int MaxCandidates { get; set; } = 100;

    /// <summary>
    /// Where calls and voice rooms are: <c>process</c> (default: one node; embedded stores outlive a restart) or <c>redis</c> (any number of nodes). With <c>redis</c> ConnectionString is
    /// needed.
    /// </summary>
    [RegularExpression("process|redis", ErrorMessage = "Calls:Board must be process or redis.")]
    public string Board { get; set; } = "process";

    /// <summary>The servers for <c>redis</c>: <c>host:port,host:port</c>, perhaps with <c>,password=…</c> and other settings of StackExchange.Redis. Secret. Default empty.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The name under which the nodes of one cluster keep their calls, and by which their rooms on mixers are known: 1 to 32 small letters, digits and dashes. Default modularchat.</summary>
    [Required, RegularExpression("[a-z0-9][a-z0-9-]{0,31}", ErrorMessage = "Calls:Cluster must be 1 to 32 small letters, digits and dashes.")]
    public string Cluster { get; set; } = "modularchat";

    /// <summary>Participants up to whom a voice room is a mesh; with more it needs a mixer. 2 to 8. Default 4.</summary>
    [Range(2, 8), Limit]
    public int MeshLimit { get; set; } = 4;

    /// <summary>Participants of a voice room. 2 to 500. Default 50.</summary>
    [Range(2, 500), Limit]
    public int RoomParticipants { get; set; } = 50;

    /// <summary>Times that one user may go into voice rooms in a minute. 1 to 1,000. Default 20.</summary>
    [Range(1, 1_000), Limit]
    public int JoinsPerMinute { get; set; } = 20;

    /// <summary>Members of a group above whom only who is in its voice room is told who speaks. 2 to 10,000. Default 100.</summary>
    [Range(2, 10_000), Limit]
    public int SpeakingLimit { get; set; } = 100;

    /// <summary>The mixers: addresses of the HTTP API of Janus, as <c>http://127.0.0.1:8088/janus</c>, with commas between; the least loaded takes a room. Default empty: none.</summary>
    [RegularExpression(@"https?://[^\s,]+(\s*,\s*https?://[^\s,]+)*", ErrorMessage = "Calls:JanusUrls must be http: or https: addresses with commas between.")]
    public string JanusUrls { get; set; } = "";

    /// <summary>The secret of that API (<c>api_secret</c> of Janus), at least 16 characters; the keys of rooms and participants are made from it. Secret. Default empty.</summary>
    [RegularExpression(".{16,}", ErrorMessage = "Calls:JanusSecret must have at least 16 characters.")]
    public string JanusSecret { get; set; } = "";

    /// <summary>The key without which Janus makes no rooms (<c>admin_key</c> of its AudioBridge), where it has one. Secret. Default empty.</summary>
    public string JanusAdminKey { get; set; } = "";

    /// <summary>Whether voice rooms use a mixer from the first participant on. Default false.</summary>
    public bool AlwaysMix { get; set; }
}
