using System.ComponentModel.DataAnnotations;
using ModularChat.Contracts;

namespace ModularChat.Host.Gateway;

/// <summary>Settings of the live edges, section <c>Gateway</c>.</summary>
internal sealed class GatewayOptions
{
    /// <summary>Seconds in which a new connection must have said a valid hello. 1 to 60.</summary>
    [Range(1, 60), Limit]
    public int HelloSeconds { get; set; } = 10;

    /// <summary>Seconds between a client's heartbeats, told in hello. 1 to 300.</summary>
    [Range(1, 300), Limit]
    public int HeartbeatSeconds { get; set; } = 10;

    /// <summary>Seconds without any frame after which a connection is closed. More than HeartbeatSeconds, up to 900.</summary>
    [Range(2, 900), Limit]
    public int OfflineAfterSeconds { get; set; } = 30;

    /// <summary>Largest frame from a client in bytes. A text of 100,000 characters takes up to 600,000 when it is escaped. 1,024 to 16,777,216.</summary>
    [Range(1024, 16 * 1024 * 1024), Limit]
    public int MaxFrameBytes { get; set; } = 1024 * 1024;

    /// <summary>Frames that wait for a client that reads slowly, before it is closed with 4008. 16 to 100,000.</summary>
    [Range(16, 100_000)]
    public int OutboundFrames { get; set; } = 4096;

    /// <summary>Bytes that wait likewise. 65,536 to 1,073,741,824.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public long OutboundBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Frames of one connection that are being handled at once; above it the server stops reading from it. 1 to 1,024.</summary>
    [Range(1, 1024)]
    public int InFlightFrames { get; set; } = 64;

    /// <summary>Live connections of one user. 1 to 10,000.</summary>
    [Range(1, 10_000), Limit]
    public int ConnectionsPerUser { get; set; } = 100;

    /// <summary>Connections that have not said hello yet, over the whole node; above it new ones are refused. 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int WaitingForHello { get; set; } = 10_000;

    /// <summary>Seconds over which a server that stops or drains spreads the end of its connections; few connections take less. 0 to 600.</summary>
    [Range(0, 600)]
    public int DrainSeconds { get; set; } = 10;
}
