using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Identity.Names;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Drafts;

internal sealed record DraftRequest(string? Text, long? ReplyTo = null, Guid? ClientMessageId = null);

internal sealed record DraftInfo(Guid ConversationId, string Text, long? ReplyTo, Guid? ClientMessageId, DateTimeOffset At);

internal sealed record DraftsAnswer(long Version, DraftInfo[] Drafts);

internal sealed record DraftVersion(long Version);

/// <summary>
/// What a user has begun to write, one text a conversation, the same on all devices: the last put holds. Sending ends a draft without
/// a transaction over both: the draft names the id of the message that it becomes, so that whoever sees that message takes it away.
/// </summary>
internal sealed class UserDrafts(Changes changes, IdentityStore store, TimeProvider time, IOptions<IdentityOptions> options)
{
    public Task<DraftsAnswer> ListAsync(Caller caller, CancellationToken token) =>
        store.ReadAsync(
            caller.UserId,
            async db =>
            {
                // The version first: what changes in between is read again.
                var version = await VersionAsync(db, caller, token);
                return new DraftsAnswer(version, await db.Drafts.Where(draft => draft.UserId == caller.UserId).OrderByDescending(draft => draft.At)
                    .Select(draft => new DraftInfo(draft.ConversationId, draft.Text, draft.ReplyTo, draft.ClientMessageId, draft.At)).ToArrayAsync(token));
            },
            token);

    public Task<DraftVersion> PutAsync(Caller caller, Guid conversationId, DraftRequest request, CancellationToken token)
    {
        var text = Check(request);
        return changes.MakeAsync(
            Scope.Of(caller.UserId),
            async (work, events) =>
            {
                var db = work.Of(caller.UserId);
                var row = await db.Drafts.AsTracking().SingleOrDefaultAsync(draft => draft.UserId == caller.UserId && draft.ConversationId == conversationId, token);
                if (row is null)
                {
                    var limit = options.Value.MaxDrafts;
                    if (await db.Drafts.CountAsync(draft => draft.UserId == caller.UserId, token) >= limit)
                    {
                        throw new ChatException(ProblemCodes.LimitReached, $"The caller has {limit} drafts.") { Limit = limit };
                    }
                    row = new DraftRow { UserId = caller.UserId, ConversationId = conversationId, Text = text };
                    db.Drafts.Add(row);
                }
                else if (row.Text == text && row.ReplyTo == request.ReplyTo && row.ClientMessageId == request.ClientMessageId)
                {
                    return new DraftVersion(await VersionAsync(db, caller, token));
                }
                row.Text = text;
                row.ReplyTo = request.ReplyTo;
                row.ClientMessageId = request.ClientMessageId;
                row.At = time.GetUtcNow();
                return new DraftVersion(await db.BumpAsync(caller.UserId, DataVersions.Drafts, events, token));
            },
            token);
    }

    /// <summary>Takes a draft away; with an id only the one that is sent under it, so that a newer one from another device stays. When there is none, nothing happens.</summary>
    public Task DeleteAsync(Caller caller, Guid conversationId, Guid? clientMessageId, CancellationToken token) =>
        changes.MakeAsync(
            Scope.Of(caller.UserId),
            async (work, events) =>
            {
                var db = work.Of(caller.UserId);
                var gone = await db.Drafts
                    .Where(draft => draft.UserId == caller.UserId && draft.ConversationId == conversationId
                        && (clientMessageId == null || draft.ClientMessageId == clientMessageId))
                    .ExecuteDeleteAsync(token);
                if (gone > 0)
                {
                    await db.BumpAsync(caller.UserId, DataVersions.Drafts, events, token);
                }
            },
            token);

    private static Task<long> VersionAsync(IdentityDb db, Caller caller, CancellationToken token) =>
        db.Versions.Where(row => row.UserId == caller.UserId && row.Subject == DataVersions.Drafts).Select(row => row.Version).SingleOrDefaultAsync(token);

    private string Check(DraftRequest request)
    {
        if (string.IsNullOrEmpty(request.Text))
        {
            throw ChatException.Invalid("text", "A draft has a text; delete it otherwise.");
        }
        if (request.Text.Length > options.Value.MaxDraftLength)
        {
            throw ChatException.TooLong("text", options.Value.MaxDraftLength, "characters");
        }
        if (Texts.IsBroken(request.Text) || request.Text.Any(c => char.IsControl(c) && c is not ('\t' or '\n')))
        {
            throw new ChatException(ProblemCodes.InvalidText, "text holds control characters or half characters.") { Field = "text" };
        }
        return request.ReplyTo is null or > 0 ? request.Text : throw ChatException.Invalid("replyTo", "replyTo is the seq of a message.");
    }
}
