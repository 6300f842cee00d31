using MediatR;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery.Nodes;

namespace ModularChat.Discovery.Choosing;

internal sealed class FindServerHandler(AnswerRate rate, CallerPlaces places, Chooser chooser, NodeTable table)
    : IRequestHandler<FindServer, ServerChoice>, IRequestHandler<GetServerUrls, string[]>
{
    public Task<ServerChoice> Handle(FindServer request, CancellationToken cancellationToken)
    {
        rate.Check(request.Address);
        return Task.FromResult(chooser.Choose(places.Find(request), request.Explain));
    }

    public Task<string[]> Handle(GetServerUrls request, CancellationToken cancellationToken) =>
        Task.FromResult<string[]>([.. table.Records().Where(n => n.IsGateway && n.Url.Length > 0).Select(n => n.Url).Distinct(StringComparer.Ordinal)]);
}
