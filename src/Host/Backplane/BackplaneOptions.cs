using System.ComponentModel.DataAnnotations;

namespace ModularChat.Host.Backplane;

/// <summary>How nodes hear of each other's events; section <c>Backplane</c>. The same on all nodes of a cluster.</summary>
public sealed class BackplaneOptions
{
    /// <summary><c>process</c> (default: this node is the only one) or <c>redis</c> (a server or a cluster).</summary>
    [RegularExpression("process|redis", ErrorMessage = "Backplane:Engine must be process or redis.")]
    public string Engine { get; set; } = "process";

    /// <summary>The servers of Redis: <c>host:port,host:port</c>, perhaps with <c>,password=…</c> and other settings of StackExchange.Redis. Secret. Default empty.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The name under which the nodes of one cluster talk, where several share a Redis: 1 to 32 small letters, digits and dashes. Default modularchat.</summary>
    [Required, RegularExpression("[a-z0-9][a-z0-9-]{0,31}", ErrorMessage = "Backplane:Cluster must be 1 to 32 small letters, digits and dashes.")]
    public string Cluster { get; set; } = "modularchat";

    /// <summary>Largest frame in bytes, 262,144 to 16,777,216; larger events stay on their node. Default 262,144.</summary>
    [Range(262_144, 16_777_216)]
    public int MaxFrameBytes { get; set; } = 262_144;
}
