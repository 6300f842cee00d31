using System.ComponentModel.DataAnnotations;
using ModularChat.Contracts;

namespace ModularChat.Discovery;

/// <summary>Settings of the module Discovery, section <c>Discovery</c>.</summary>
public sealed class DiscoveryOptions
{
    /// <summary>
    /// Where the nodes of a cluster find each other: <c>inprocess</c> (default: this node is the only one), <c>zookeeper</c> or <c>redis</c>.
    /// </summary>
    [RegularExpression("inprocess|zookeeper|redis", ErrorMessage = "Discovery:Registry must be inprocess, zookeeper or redis.")]
    public string Registry { get; set; } = "inprocess";

    /// <summary>
    /// The registry's servers: <c>host:port,host:port</c>, for ZooKeeper perhaps with a path behind them, for Redis perhaps with
    /// <c>,password=…</c> and other settings of StackExchange.Redis. Secret. Default empty.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The name under which the nodes of one cluster stand in the registry: 1 to 32 small letters, digits and dashes. Default modularchat.</summary>
    [Required, RegularExpression("[a-z0-9][a-z0-9-]{0,31}", ErrorMessage = "Discovery:Cluster must be 1 to 32 small letters, digits and dashes.")]
    public string Cluster { get; set; } = "modularchat";

    /// <summary>Seconds after which a node that gives no sign of life is gone from the registry, 2 to 120. Default 6.</summary>
    [Range(2, 120)]
    public int SessionSeconds { get; set; } = 6;

    /// <summary>This node.</summary>
    public NodeOptions Node { get; } = new();

    /// <summary>Regions with their coordinates, one text each: <c>name=latitude,longitude</c>, as in <c>eu-west=53.3,-6.3</c>. Default none.</summary>
    public IList<string> Regions { get; set; } = [];

    /// <summary>Networks in CIDR notation with the region of those who come from them: <c>10.1.0.0/16=eu-west</c>. The longest prefix holds. Default none.</summary>
    public IList<string> Networks { get; set; } = [];

    /// <summary>A header in which a proxy of <c>Host:TrustedProxies</c> states the caller's region; from others it is taken away. Default empty: none.</summary>
    [RegularExpression("[A-Za-z0-9-]{1,64}", ErrorMessage = "Discovery:RegionHeader must be the name of a header.")]
    public string RegionHeader { get; set; } = "";

    /// <summary>The same for coordinates, as <c>latitude,longitude</c>. Default empty: none.</summary>
    [RegularExpression("[A-Za-z0-9-]{1,64}", ErrorMessage = "Discovery:CoordinatesHeader must be the name of a header.")]
    public string CoordinatesHeader { get; set; } = "";

    /// <summary>Seconds for which a client may use an answer, 1 to 3,600. Default 30.</summary>
    [Range(1, 3_600)]
    public int AnswerSeconds { get; set; } = 30;

    /// <summary>Answers a minute to one address (an IPv6 /64 is one), 0 to 10,000,000; 0: no limit. Default 6,000.</summary>
    [Range(0, 10_000_000), Limit]
    public int AnswersPerMinute { get; set; } = 6_000;

    /// <summary>Whether everybody may ask how a server was chosen, which shows ids and load of all nodes; otherwise administrators only. Default true.</summary>
    public bool ExplainToEverybody { get; set; } = true;
}

/// <summary>What a node says about itself; section <c>Discovery:Node</c>.</summary>
public sealed class NodeOptions
{
    /// <summary>Its id, of which there is one in the cluster: 1 to 64 letters, digits, dots, dashes and underscores. Default empty: the name of the machine.</summary>
    [RegularExpression("[A-Za-z0-9][A-Za-z0-9._-]{0,63}", ErrorMessage = "Discovery:Node:Id must be 1 to 64 letters, digits, dots, dashes and underscores.")]
    public string Id { get; set; } = "";

    /// <summary>
    /// Where clients reach this node, and no other: <c>https://gateway-1.example.org</c>. Default empty: it is only ever recommended to those
    /// who have asked this node itself, as the address that they used.
    /// </summary>
    [RegularExpression(@"https?://[^/?#\s]+/?", ErrorMessage = "Discovery:Node:PublicUrl must be http:// or https:// with a host name and perhaps a port.")]
    public string PublicUrl { get; set; } = "";

    /// <summary>Its region; one of Discovery:Regions when there are any. Default empty.</summary>
    [RegularExpression("[A-Za-z0-9][A-Za-z0-9._-]{0,63}", ErrorMessage = "Discovery:Node:Region must be 1 to 64 letters, digits, dots, dashes and underscores.")]
    public string Region { get; set; } = "";

    /// <summary>Its latitude and longitude in degrees, as in <c>53.3,-6.3</c>. Default empty: those of its region.</summary>
    public string Coordinates { get; set; } = "";

    /// <summary>Connections that it is made for: the weight by which clients are spread, and where it is full. 1 to 10,000,000; below Host:MaxConnections. Default 14,000.</summary>
    [Range(1, 10_000_000)]
    public int Capacity { get; set; } = 14_000;
}
