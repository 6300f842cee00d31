using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

internal sealed class ChangeGroupHandler(ConversationWriter writer, RequestHash hashes) : IRequestHandler<ChangeGroup, Stored>
{
    public Task<Stored> Handle(ChangeGroup request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        if (request.Title is null && request.History is null)
        {
            throw ChatException.Invalid("title", "Neither title nor history is there: nothing to change.");
        }
        if (request.Title is not null)
        {
            TextRules.CheckTitle(request.Title);
        }
        CheckHistory(request.History);
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId,
            hashes.Of(EntryKind.Settings, request.Title is null ? 0 : 1, request.History is { } history ? (long)history : -1, request.Title));
        return writer.WriteAsync(wish, (state, sender, _) => ValueTask.FromResult(Judge(state.Head, sender, request)), cancellationToken).AsTask();
    }

    /// <summary>Numbers pass for names in JSON: one that has no name is refused.</summary>
    internal static void CheckHistory(HistoryVisibility? history)
    {
        if (history is not (null or HistoryVisibility.All or HistoryVisibility.Joined))
        {
            throw ChatException.Invalid("history", "history is all or joined.");
        }
    }

    private static Draft? Judge(Head head, Member sender, ChangeGroup request)
    {
        Roles.RequireMember(sender);
        Roles.RequireGroup(head);
        Roles.RequireAdministrator(head, sender);
        var title = request.Title == head.Title ? null : request.Title;
        var history = request.History == head.History ? null : request.History;
        return title is null && history is null
            ? null
            : new Draft(EntryKind.Settings, Bodies.Of(new SettingsBody(title, history)), Change: new Change.Settings(title, history));
    }
}
