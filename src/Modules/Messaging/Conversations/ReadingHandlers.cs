using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

internal sealed class GetConversationHandler(Reader reader) : IRequestHandler<GetConversation, ConversationInfo>
{
    public Task<ConversationInfo> Handle(GetConversation request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        return reader.ViewAsync(request.Caller, request.ConversationId, cancellationToken).AsTask();
    }
}

internal sealed class ListConversationsHandler(ConversationCache conversations, ConversationViews views, SelfConversations self)
    : IRequestHandler<ListConversations, ConversationPage>
{
    private const int MaxLimit = 200;

    public async Task<ConversationPage> Handle(ListConversations request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        if (request.Limit is < 1 or > MaxLimit)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"limit is 1 to {MaxLimit}.") { Field = "limit", Limit = MaxLimit };
        }
        await self.EnsureAsync(request.Caller.UserId, cancellationToken);
        var ids = await conversations.ListAsync(request.Caller.UserId, cancellationToken);
        var page = new List<ConversationInfo>();
        var more = false;
        foreach (var id in ids)
        {
            if (request.After is { } after && id.CompareTo(after) <= 0)
            {
                continue;
            }
            more = page.Count == request.Limit;
            if (more)
            {
                break;
            }
            if (await conversations.GetAsync(id, cancellationToken) is { } state && state.Members.Find(request.Caller.UserId) is { } me
                // An invitation that came to nothing leaves nothing.
                && (me.Role != MemberRole.None || me.Ranges.Length > 0))
            {
                page.Add(views.View(state.Head, me, state.Members));
            }
        }
        return new ConversationPage([.. page], more);
    }
}

internal sealed class ListMembersHandler(Reader reader, ConversationViews views) : IRequestHandler<ListMembers, MemberPage>
{
    private const int MaxLimit = 1_000;

    public async Task<MemberPage> Handle(ListMembers request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        if (request.Limit is < 1 or > MaxLimit)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"limit is 1 to {MaxLimit}.") { Field = "limit", Limit = MaxLimit };
        }
        var (state, me) = await reader.OpenAsync(request.Caller, request.ConversationId, cancellationToken);
        if (me.Role == MemberRole.None)
        {
            throw ChatException.NoConversation();
        }
        var members = new List<Member>(state.Members.Count);
        for (var i = 0; i < state.Members.Count; i++)
        {
            var member = state.Members[i];
            if (member.Role != MemberRole.None && (request.After is not { } after || member.UserId.CompareTo(after) > 0))
            {
                members.Add(member);
            }
        }
        members.Sort(static (one, other) => one.UserId.CompareTo(other.UserId));
        var page = new MemberInfo[Math.Min(request.Limit, members.Count)];
        for (var i = 0; i < page.Length; i++)
        {
            page[i] = views.Info(state.Head, me, members[i]);
        }
        return new MemberPage(page, members.Count > page.Length);
    }
}

internal sealed class GetRecipientsHandler(Reader reader, Blocks blocks, IMediator mediator) : IRequestHandler<GetRecipients, Guid[]>
{
    public async Task<Guid[]> Handle(GetRecipients request, CancellationToken cancellationToken)
    {
        var (state, me) = await reader.OpenAsync(request.Caller, request.ConversationId, cancellationToken);
        Roles.RequireMember(me);
        await blocks.RequireReachableAsync(mediator, state, me.UserId, cancellationToken);
        return state.Members.Recipients;
    }
}

internal sealed class SetPreferencesHandler(IMessageLog log, Reader reader, ConversationViews views, TimeProvider time) : IRequestHandler<SetPreferences, OwnState>
{
    public async Task<OwnState> Handle(SetPreferences request, CancellationToken cancellationToken)
    {
        Reader.Require(request.Caller);
        var (_, me) = await reader.OpenAsync(request.Caller, request.ConversationId, cancellationToken);
        var old = me.Preferences;
        var muted = request.MutedUntil is { } until ? (until > time.GetUtcNow() ? until.ToUniversalTime() : (DateTimeOffset?)null) : old.MutedUntil;
        var changed = new Preferences(muted, request.Pinned ?? old.Pinned, request.Archived ?? old.Archived);
        if (changed != old)
        {
            await log.AdvanceMarksAsync([new MarkAdvance(request.ConversationId, request.Caller.UserId, null, null, changed)], cancellationToken);
        }
        var (state, now) = await reader.OpenAsync(request.Caller, request.ConversationId, cancellationToken);
        return views.Own(state.Head, now);
    }
}
