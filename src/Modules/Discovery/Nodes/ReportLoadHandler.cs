using MediatR;
using ModularChat.Contracts.Discovery;

namespace ModularChat.Discovery.Nodes;

internal sealed class ReportLoadHandler(ThisNode self, NodeTable table) : IRequestHandler<ReportLoad, Unit>
{
    public Task<Unit> Handle(ReportLoad request, CancellationToken cancellationToken)
    {
        self.Report(request);
        table.UpdateSelf();
        return Unit.Task;
    }
}
