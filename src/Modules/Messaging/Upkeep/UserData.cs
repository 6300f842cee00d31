using System.Runtime.CompilerServices;
using System.Text.Json;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Upkeep;

/// <summary>All that the log has of one user: to hand it out, and to take it away.</summary>
internal sealed class UserData(IMessageLog log, LogAccess access, RequestHash hashes, IMediator mediator, TimeProvider time)
{
    private const int Attempts = 20;

    /// <summary>A line of JSON for each conversation: the own side of it, and every own message, also where the user has left.</summary>
    public async IAsyncEnumerable<string> ExportAsync(Guid userId, [EnumeratorCancellation] CancellationToken token)
    {
        foreach (var id in await log.ListConversationsAsync(userId, token))
        {
            if (await log.GetMembershipAsync(id, token) is not { } membership || membership.Members.FirstOrDefault(m => m.UserId == userId) is not { } me)
            {
                continue;
            }
            var head = membership.Head;
            var isMember = me.Role >= MemberRole.Member;
            yield return JsonSerializer.Serialize(
                new
                {
                    id,
                    kind = head.Kind,
                    title = isMember ? head.Title : null,
                    role = me.Role,
                    delivered = me.Delivered,
                    read = me.Read,
                    mutedUntil = me.Preferences.MutedUntil,
                    pinned = me.Preferences.Pinned,
                    archived = me.Preferences.Archived,
                    members = isMember && head.Kind == ConversationKind.Direct ? membership.Members.Select(m => m.UserId) : null,
                    entries = await OwnAsync(userId, head, token),
                },
                JsonSerializerOptions.Web);
        }
    }

    /// <summary>
    /// Empties every message of the user by an ordinary deletion, wherever it was written, has the user leave all groups, and has what is gone
    /// leave the files. Broken off, it goes on where it was: what is deleted is not deleted again.
    /// </summary>
    public async Task<long> EraseAsync(Guid userId, IProgress<UpkeepProgress> progress, CancellationToken token)
    {
        var conversations = await log.ListConversationsAsync(userId, token);
        var deleted = 0L;
        for (var i = 0; i < conversations.Count; i++)
        {
            progress.Report(new UpkeepProgress("Deleting messages", i, conversations.Count));
            deleted += await EraseAsync(userId, conversations[i], token);
            await LeaveAsync(userId, conversations[i], token);
        }
        await access.UseAsync(
            async all =>
            {
                await all.PurgeAsync(token);
                return true;
            },
            token);
        return deleted;
    }

    private async Task<List<JsonElement>> OwnAsync(Guid userId, Head head, CancellationToken token)
    {
        var own = new List<JsonElement>();
        for (var from = head.Cut + 1; from <= head.Seq;)
        {
            var page = await log.ReadAsync(head.ConversationId, from, head.Seq, 500, newest: false, token);
            if (page.Count == 0)
            {
                break;
            }
            from = page[^1].Entry.Seq + 1;
            own.AddRange(page.Where(e => e.Entry.SenderId == userId).Select(e => JsonSerializer.SerializeToElement(e.Entry, ContractsJson.Default.Entry)));
        }
        return own;
    }

    private async Task<long> EraseAsync(Guid userId, Guid id, CancellationToken token)
    {
        var deleted = 0L;
        if (await log.GetHeadsAsync([id], token) is not [var head])
        {
            return 0;
        }
        for (var from = head.Cut + 1; from <= head.Seq;)
        {
            var page = await log.ReadAsync(id, from, head.Seq, 500, newest: false, token);
            if (page.Count == 0)
            {
                break;
            }
            from = page[^1].Entry.Seq + 1;
            var own = page.Where(e => e.Entry is { Kind: EntryKind.Message, IsDeleted: null } && e.Entry.SenderId == userId).Select(e => e.Entry.Seq);
            deleted += (await Task.WhenAll(own.Select(seq => DeleteAsync(userId, id, seq, token)))).Sum();
        }
        return deleted;
    }

    /// <summary>Not by the rules of deleting: one who has left may not, but what they wrote is theirs.</summary>
    private async Task<long> DeleteAsync(Guid userId, Guid id, long seq, CancellationToken token)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await log.GetHeadsAsync([id], token) is not [var head])
            {
                return 0;
            }
            var result = await log.AppendAsync(
                new Append
                {
                    ConversationId = id,
                    SenderId = userId,
                    ClientMessageId = Ids.Following(id, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"erase {userId} {seq}")),
                    RequestHash = hashes.Of(EntryKind.Deleted, seq, 0, null),
                    Kind = EntryKind.Deleted,
                    At = time.GetUtcNow(),
                    Target = seq,
                    MembersSeq = head.MembersSeq,
                    Change = new Change.Delete(),
                },
                token);
            if (result.Outcome != AppendOutcome.MembersChanged)
            {
                return result.Outcome == AppendOutcome.Stored ? 1 : 0;
            }
        }
        throw new ChatException(ProblemCodes.Conflict, "The members of a conversation kept changing: erase the user again.");
    }

    private async Task LeaveAsync(Guid userId, Guid id, CancellationToken token)
    {
        if (await log.GetHeadsAsync([id], token) is [{ Kind: ConversationKind.Group or ConversationKind.Channel }]
            && await log.GetMemberAsync([id], userId, token) is [(_, { Role: not MemberRole.None })])
        {
            await mediator.Send(new RemoveMember(new Caller(userId), id, Ids.Following(id, $"leave {userId}"), userId), token);
        }
    }
}
