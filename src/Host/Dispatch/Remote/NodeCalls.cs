using System.Text.Json;
using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Host.Roles;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>Asks a node that has the module, and another one where that is safe.</summary>
internal sealed partial class NodeCalls(
    NodeChoice choice, Deadline deadline, LoadedModules loaded, IOptions<ClusterOptions> options, TimeProvider time, ILogger<NodeCalls> logger)
{
    private const int MostNodes = 3;
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    public async Task<TResponse> SendAsync<TRequest, TResponse>(TRequest request, CancellationToken token)
        where TRequest : IRequest<TResponse>
    {
        var module = LoadedModules.ModuleOf(typeof(TRequest));
        if (module is null || loaded.Loads(module))
        {
            throw new InvalidOperationException($"{typeof(TRequest).Name} has no handler.");
        }
        var most = TimeSpan.FromSeconds(options.Value.RequestSeconds) + ((request as IWaitingRequest)?.Timeout ?? TimeSpan.Zero);
        var answer = await AskAsync(
            module, "request/" + RemoteRequests.NameOf(typeof(TRequest)), JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Options), request as IOwnedRequest,
            request is IRepeatable, most, token);
        return JsonSerializer.Deserialize<TResponse>(answer, WireJson.Options)!;
    }

    /// <summary>Asks a node that has a module.</summary>
    /// <exception cref="ChatException">What it refused with; or nobody can be asked now.</exception>
    public async Task<byte[]> AskAsync(string module, string path, byte[] body, IOwnedRequest? owned, bool isRepeatable, TimeSpan most, CancellationToken token)
    {
        var began = time.GetTimestamp();
        var given = deadline.Left(most);
        HashSet<NodeLink> tried = [];
        while (true)
        {
            var link = await choice.PickAsync(LoadedModules.RoleOf(module), owned, tried, token)
                ?? throw Nobody(tried.Count == 0 ? $"No node with {module} can be asked now." : $"No node with {module} answers.");
            try
            {
                return Read(await link.AskAsync(path, body, given - time.GetElapsedTime(began), token), link, path);
            }
            catch (NodeAwayException away)
            {
                Log.Away(logger, path, link.Node.Id, away.Message);
                tried.Add(link);
                if (away.WasSent && !isRepeatable)
                {
                    throw Nobody($"The node that was asked did not answer, and whether it has done it is not known.", away);
                }
                if (tried.Count >= MostNodes || time.GetElapsedTime(began) >= given)
                {
                    throw Nobody($"No node with {module} answers in time.", away);
                }
            }
        }
    }

    private static byte[] Read(Answer answer, NodeLink link, string path) => answer.Status switch
    {
        Answer.Done => answer.Body,
        Answer.Refused => throw (JsonSerializer.Deserialize<Refusal>(answer.Body, WireJson.Options) ?? throw new JsonException("The refusal is null.")).ToException(),
        _ => throw new NodeFailedException($"Node {link.Node.Id} failed at {path}; its log says why."),
    };

    private static ChatException Nobody(string detail, Exception? inner = null) => new(ProblemCodes.Unavailable, detail, inner) { RetryAfter = Again };

    private static partial class Log
    {
        [LoggerMessage(1201, LogLevel.Debug, "{Path} was not answered by node {Node}: {Reason}")]
        public static partial void Away(ILogger logger, string path, string node, string reason);
    }
}
