using System.ComponentModel.DataAnnotations;
using ModularChat.Host.Operations;

namespace ModularChat.Host.Roles;

/// <summary>What this process does in a cluster; section <c>Cluster</c>.</summary>
internal sealed class ClusterOptions
{
    /// <summary>
    /// What this process does, with commas between: <c>all</c> (default), or of api (accounts and the REST endpoints), gateway (connections), messaging, presence,
    /// calls, notifications and discovery (where clients ask for a server).
    /// </summary>
    [Required, RegularExpression(@"[a-z]+(\s*,\s*[a-z]+)*", ErrorMessage = "Cluster:Roles must be all, or of api, gateway and the names of modules in small letters, with commas between.")]
    public string Roles { get; set; } = "all";

    /// <summary>Whether a gateway has Messaging in its process, so that a send takes no further hop. Default true.</summary>
    public bool MessagingBesideGateway { get; set; } = true;

    /// <summary>
    /// Where to listen for other nodes, in the form of Host:Url; on a network that only they reach, because what is said there is signed but not hidden. Empty: nowhere. Default empty.
    /// </summary>
    [RegularExpression(ServerOptions.UrlPattern, ErrorMessage = ServerOptions.UrlRule)]
    public string InternalUrl { get; set; } = "";

    /// <summary>Where other nodes reach that, when it is not the same: <c>http://</c> with a host and a port. Default empty: Cluster:InternalUrl, with the name of the machine for <c>*</c>.</summary>
    [RegularExpression(@"http://[^/?#\s]+:\d{1,5}/?", ErrorMessage = "Cluster:InternalAddress must be http:// with a host and a port.")]
    public string InternalAddress { get; set; } = "";

    /// <summary>What the nodes of a cluster prove to each other that they have; at least 32 characters, best at random, the same on all. Secret. Default empty.</summary>
    public string Secret { get; set; } = "";

    /// <summary>Seconds within which another node has to answer, 1 to 120. Default 10.</summary>
    [Range(1, 120)]
    public int RequestSeconds { get; set; } = 10;
}
