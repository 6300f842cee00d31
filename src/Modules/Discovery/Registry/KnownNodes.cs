using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Discovery.Nodes;

namespace ModularChat.Discovery.Registry;

/// <summary>
/// Makes nodes of what stands in the registry. Garbage is passed over and logged once. After a loss of the registry a node that is not there
/// yet keeps its seat for a session: all of them have to come back first.
/// </summary>
internal sealed partial class KnownNodes(IOptions<DiscoveryOptions> options, TimeProvider time, ILogger<KnownNodes> logger)
{
    private const int MostGarbage = 1_000;

    private readonly Dictionary<string, NodeRecord> _last = new(StringComparer.Ordinal);
    private readonly HashSet<string> _garbage = new(StringComparer.Ordinal);
    private long? _returnedAt;

    /// <summary>The registry answers again.</summary>
    public void Returned() => _returnedAt = time.GetTimestamp();

    public IReadOnlyCollection<NodeRecord> Read(IEnumerable<KeyValuePair<string, byte[]>> written)
    {
        var read = new Dictionary<string, NodeRecord>(StringComparer.Ordinal);
        foreach (var (id, bytes) in written)
        {
            if (NodeRecord.Read(id, bytes) is { } node)
            {
                read[id] = node;
            }
            else
            {
                PassOver(id, bytes);
            }
        }
        if (IsComingBack())
        {
            foreach (var (id, node) in _last)
            {
                read.TryAdd(id, node);
            }
        }
        LogChanges(read);
        _last.Clear();
        foreach (var (id, node) in read)
        {
            _last[id] = node;
        }
        return read.Values;
    }

    private bool IsComingBack()
    {
        if (_returnedAt is { } returned && time.GetElapsedTime(returned) > TimeSpan.FromSeconds(options.Value.SessionSeconds))
        {
            _returnedAt = null;
        }
        return _returnedAt is not null;
    }

    private void PassOver(string id, byte[] bytes)
    {
        // Its content could be anything, so only its size and a hash are told.
        var hash = Convert.ToHexString(SHA256.HashData(bytes).AsSpan(0, 4));
        if (_garbage.Count < MostGarbage && _garbage.Add(id + hash))
        {
            var shown = string.Concat(id.Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_').Take(64));
            Log.Garbage(logger, shown, bytes.Length, hash);
        }
    }

    private void LogChanges(Dictionary<string, NodeRecord> read)
    {
        foreach (var (id, node) in read)
        {
            if (!_last.TryGetValue(id, out var before) || before.Instance != node.Instance)
            {
                Log.Came(logger, id, node.Url, node.Region ?? "none");
            }
            else if (before.State != node.State)
            {
                Log.Turned(logger, id, node.State);
            }
        }
        foreach (var id in _last.Keys)
        {
            if (!read.ContainsKey(id))
            {
                Log.Gone(logger, id);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6001, LogLevel.Information, "Node {Node} is there: {Url}, region {Region}")]
        public static partial void Came(ILogger logger, string node, string url, string region);

        [LoggerMessage(6002, LogLevel.Information, "Node {Node} is {State}")]
        public static partial void Turned(ILogger logger, string node, NodeState state);

        [LoggerMessage(6003, LogLevel.Information, "Node {Node} is gone")]
        public static partial void Gone(ILogger logger, string node);

        [LoggerMessage(6004, LogLevel.Warning, "The registry has something under {Node} that is no node ({Bytes} bytes, hash {Hash}); it is passed over")]
        public static partial void Garbage(ILogger logger, string node, int bytes, string hash);
    }
}
