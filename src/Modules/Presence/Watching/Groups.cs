using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.People;
using ModularChat.Presence.States;

namespace ModularChat.Presence.Watching;

/// <summary>Groups on the screen: the members of small ones, and how many of large ones are there.</summary>
internal sealed class Groups(Present present, Audiences audiences, IMediator mediator, IOptions<PresenceOptions> options)
{
    /// <summary>Reads these groups.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.NotFound"/> when the caller is not a member of one.</exception>
    public async ValueTask<(List<Guid> Members, List<GroupPresence> Counts)> ReadAsync(Caller caller, Guid[] conversationIds, CancellationToken token)
    {
        List<Guid> watched = [];
        List<GroupPresence> counts = [];
        foreach (var conversationId in conversationIds.Distinct())
        {
            var members = await MembersAsync(caller, conversationId, token);
            if (members.Length <= options.Value.PresenceGroupLimit)
            {
                watched.AddRange(members);
            }
            else
            {
                counts.Add(await CountAsync(caller.UserId, conversationId, members, token));
            }
        }
        return (watched, counts);
    }

    private async ValueTask<Guid[]> MembersAsync(Caller caller, Guid conversationId, CancellationToken token)
    {
        try
        {
            return await mediator.Send(new GetRecipients(caller, conversationId), token);
        }
        catch (ChatException e) when (e.Code == ProblemCodes.Unreachable)
        {
            // The other of a direct conversation is not to be seen.
            return [caller.UserId];
        }
    }

    private async ValueTask<GroupPresence> CountAsync(Guid viewer, Guid conversationId, Guid[] members, CancellationToken token)
    {
        var moments = await present.LookAsync(members, token);
        Guid[] there = [.. moments.Where(moment => moment.ForOthers().State != PresenceState.Offline).Select(moment => moment.UserId)];
        var seen = (await audiences.GetAsync(there, token)).Count(audience => Audiences.MaySee(audience, viewer));
        return new GroupPresence(conversationId, seen, members.Length, moments[0].AsOf);
    }
}
