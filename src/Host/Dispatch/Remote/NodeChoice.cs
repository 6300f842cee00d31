using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Host.Gateway;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>Which node is asked: the owner where a request has one, else of two that are drawn the one with less to do. Nodes that do not answer are left out.</summary>
internal sealed class NodeChoice(IMediator mediator, IServiceProvider services, Node self, TimeProvider time)
{
    /// <summary>The registry is read once a second; looking more often shows nothing new.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Known> _byRole = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Id, Guid Instance, string Url), NodeLink> _links = new();

    private sealed record Known(NodeLink[] Links, long At);

    /// <summary>Null when there is none.</summary>
    public async ValueTask<NodeLink?> PickAsync(string role, IOwnedRequest? owned, HashSet<NodeLink> tried, CancellationToken token)
    {
        var links = await KnownAsync(role, token);
        NodeLink[] able = [.. links.Where(l => !l.Breaker.IsOpen && !tried.Contains(l))];
        if (able.Length == 0)
        {
            return null;
        }
        if (owned is not null)
        {
            return Owner(able, owned.OwnerKey ?? self.Id.ToString());
        }
        var one = able[Random.Shared.Next(able.Length)];
        var other = able[Random.Shared.Next(able.Length)];
        return one.Load <= other.Load ? one : other;
    }

    /// <summary>Rendezvous: each node draws a number with the key, and the highest has it. When one leaves, only its own keys move.</summary>
    internal static NodeLink Owner(IEnumerable<NodeLink> links, string key) => links.MaxBy(l => Draw(key, l.Node.Id))!;

    private static ulong Draw(string key, string node) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\n{node}")));

    private async ValueTask<NodeLink[]> KnownAsync(string role, CancellationToken token)
    {
        if (_byRole.TryGetValue(role, out var known) && known.Links.Length > 0 && time.GetElapsedTime(known.At) < Fresh)
        {
            return known.Links;
        }
        var found = await mediator.Send(new FindNodes(role), token);
        NodeLink[] links = [.. found.Others.Select(LinkTo)];
        _byRole[role] = new Known(links, time.GetTimestamp());
        Forget();
        return links;
    }

    private NodeLink LinkTo(NodeAddress node)
    {
        var link = _links.GetOrAdd((node.Id, node.Instance, node.Url), _ => ActivatorUtilities.CreateInstance<NodeLink>(services, node));
        link.Node = node;
        return link;
    }

    /// <summary>Links to nodes that are gone for good.</summary>
    private void Forget()
    {
        if (_links.Count <= 64)
        {
            return;
        }
        var live = _byRole.Values.SelectMany(k => k.Links).ToHashSet();
        foreach (var (key, link) in _links)
        {
            if (!live.Contains(link))
            {
                _links.TryRemove(key, out _);
            }
        }
    }
}
