using System.Globalization;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

internal sealed class ChangeGroupHandler(ConversationWriter writer, RequestHash hashes) : IRequestHandler<ChangeGroup, Stored>
{
    private const int MostDays = 36_500;
    private const long MostEntries = 1_000_000_000;

    public Task<Stored> Handle(ChangeGroup request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        if (request.Title is null && request.History is null && request.Keep is null)
        {
            throw ChatException.Invalid("title", "Neither title nor history nor keep is there: nothing to change.");
        }
        if (request.Title is not null)
        {
            TextRules.CheckTitle(request.Title);
        }
        CheckHistory(request.History);
        CheckKeep(request.Keep);
        var wish = new Wish(
            request.ConversationId, request.Caller.UserId, request.ClientMessageId,
            hashes.Of(
                EntryKind.Settings, (request.Title is null ? 0 : 1) | (request.Keep is null ? 0 : 2), request.History is { } history ? (long)history : -1,
                request.Keep is { } keep ? string.Create(CultureInfo.InvariantCulture, $"{keep.Days} {keep.Count} {request.Title}") : request.Title));
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

    private static void CheckKeep(KeepRule? keep)
    {
        if (keep is not (null or { Days: >= 0 and <= MostDays, Count: >= 0 and <= MostEntries }))
        {
            throw ChatException.Invalid("keep", $"keep has days from 0 to {MostDays} and a count from 0 to {MostEntries}.");
        }
    }

    private static Draft? Judge(Head head, Member sender, ChangeGroup request)
    {
        Roles.RequireMember(sender);
        Roles.RequireGroup(head);
        Roles.RequireAdministrator(head, sender);
        if (request.Keep is not null)
        {
            // It takes messages of others away, for everybody and for ever.
            Roles.RequireOwner(sender);
        }
        var title = request.Title == head.Title ? null : request.Title;
        var history = request.History == head.History ? null : request.History;
        var keep = request.Keep == (head.Keep ?? new KeepRule()) ? null : request.Keep;
        return title is null && history is null && keep is null
            ? null
            : new Draft(EntryKind.Settings, Bodies.Of(new SettingsBody(title, history, keep)), Change: new Change.Settings(title, history, keep));
    }
}
