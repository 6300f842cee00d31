using System.ComponentModel.DataAnnotations;

namespace ModularChat.Host.Roles;

/// <summary>What this process does in a cluster; section <c>Cluster</c>.</summary>
internal sealed class ClusterOptions
{
    /// <summary>
    /// What this process does, with commas between: <c>all</c> (default), or of api (accounts and the REST endpoints), gateway (connections), messaging, presence,
    /// notifications and discovery (where clients ask for a server).
    /// </summary>
    [Required, RegularExpression(@"[a-z]+(\s*,\s*[a-z]+)*", ErrorMessage = "Cluster:Roles must be all, or of api, gateway and the names of modules in small letters, with commas between.")]
    public string Roles { get; set; } = "all";

    /// <summary>Whether a gateway has Messaging in its process, so that a send takes no further hop. Default true.</summary>
    public bool MessagingBesideGateway { get; set; } = true;
}
