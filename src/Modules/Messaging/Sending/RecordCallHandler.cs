using System.Globalization;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Sending;

/// <summary>Whether the call could be made was judged when it was: a block that came since does not take it out of the conversation.</summary>
internal sealed class RecordCallHandler(ConversationWriter writer, RequestHash hashes) : IRequestHandler<RecordCall, Stored>
{
    public Task<Stored> Handle(RecordCall request, CancellationToken cancellationToken)
    {
        var what = ((int)request.Call.Event).ToString(CultureInfo.InvariantCulture);
        var wish = new Wish(
            request.ConversationId, request.CallerId, Ids.Following(request.Call.CallId, what), hashes.Of(EntryKind.Call, 0, (long)request.Call.Event, $"{request.Call.CallId}"));
        return writer.WriteAsync(
            wish,
            (_, sender, _) =>
            {
                Roles.RequireMember(sender);
                return ValueTask.FromResult<Draft?>(new Draft(EntryKind.Call, Bodies.Of(request.Call)));
            },
            cancellationToken).AsTask();
    }
}
