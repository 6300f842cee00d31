using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

internal sealed class MakeCursorHandler(IMessageLog log) : IRequestHandler<MakeCursor, string>
{
    public Task<string> Handle(MakeCursor request, CancellationToken cancellationToken)
    {
        var info = log.Info;
        return request.Positions.Length == info.ShardCount
            ? Task.FromResult(Cursor.Write(new Cursor(info.RunId, request.Positions), info.Key))
            : throw ChatException.Invalid("positions", $"A cursor has {info.ShardCount} positions.");
    }
}

internal sealed class AcknowledgeHandler(PresentedCursors cursors) : IRequestHandler<Acknowledge>
{
    public async Task<Unit> Handle(Acknowledge request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        // Nothing to do for a cursor of a history that is gone: the device learns that when it syncs.
        await cursors.TakeAsync(request.Caller, request.Cursor, cancellationToken);
        return Unit.Value;
    }
}

internal sealed class GetPositionsHandler(Positions published) : IRequestHandler<GetPositions, long[]>
{
    public Task<long[]> Handle(GetPositions request, CancellationToken cancellationToken) => Task.FromResult(published.Snapshot());
}

internal sealed class PingMessagesHandler(IMessageLog log) : IRequestHandler<PingMessages, int>
{
    public async Task<int> Handle(PingMessages request, CancellationToken cancellationToken)
    {
        // A store on a server may be away while everything that is in memory is still there.
        await log.GetPositionsAsync(cancellationToken);
        return 0;
    }
}

internal sealed class ReadCursorHandler(IMessageLog log) : IRequestHandler<ReadCursor, long[]>
{
    public Task<long[]> Handle(ReadCursor request, CancellationToken cancellationToken)
    {
        var info = log.Info;
        var cursor = Cursor.Read(request.Cursor, info.Key, info.ShardCount);
        return cursor.RunId == info.RunId
            ? Task.FromResult(cursor.Positions)
            : throw new ChatException(ProblemCodes.InvalidCursor, "The cursor is not of the present run; sync from it first.");
    }
}
