using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Calling;
using ModularChat.Calls.Mixing;
using ModularChat.Calls.Relaying;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Storage;

namespace ModularChat.Calls.Rooms;

internal sealed class JoinRoomHandler(
    RoomFlow flow, MixerDesk desk, Relay relay, [FromKeyedServices(JoinRoomHandler.Rate)] Buckets rate, IMediator mediator, IOptions<CallsOptions> options)
    : IRequestHandler<JoinRoom, RoomAnswer>
{
    public const string Rate = "joins";

    public async Task<RoomAnswer> Handle(JoinRoom request, CancellationToken cancellationToken)
    {
        var caller = request.Caller;
        caller.Require(ApplicationScopes.Messages);
        Legs.RequireId(request.LegId, "legId");
        var members = await mediator.Send(new GetRecipients(caller, request.ConversationId), cancellationToken);
        RequireGroup(request.ConversationId, caller.UserId, members);
        if (rate.Take(caller.UserId) is var wait && wait > TimeSpan.Zero)
        {
            throw new ChatException(ProblemCodes.RateLimited, "That were many joins.") { RetryAfter = wait };
        }
        MixerPlace? made = null;
        Room? joined = null;
        try
        {
            while (joined?.Find(caller.UserId)?.LegId != request.LegId)
            {
                // Judged again each time: meanwhile it may have come to need a mixer, or not to.
                if (made is null && NeedsMixer(await flow.FindAsync(request.ConversationId, cancellationToken), caller.UserId))
                {
                    made = await desk.OpenAsync(null, cancellationToken);
                }
                joined = await flow.ChangeAsync(request.ConversationId, (room, now) => TryJoin(request, room, made, now, members), cancellationToken);
            }
        }
        finally
        {
            if (made is not null && made.Session != joined?.Mixer?.Session)
            {
                desk.Close(made);
            }
        }
        return new RoomAnswer(joined.ToInfo(), relay.Open(caller.UserId, joined.Id));
    }

    private static void RequireGroup(Guid conversationId, Guid userId, Guid[] members)
    {
        if (members.Length <= 2 && (conversationId == Ids.Self(userId) || Array.Exists(members, member => conversationId == Ids.Direct(userId, member))))
        {
            throw new ChatException(ProblemCodes.Forbidden, "Voice rooms are in groups.");
        }
    }

    private bool NeedsMixer(Room? room, Guid userId) =>
        room?.Mixer is null && (options.Value.AlwaysMix || RoomRules.CountWith(room, userId) > options.Value.MeshLimit);

    private Room? TryJoin(JoinRoom request, Room? room, MixerPlace? made, Moment now, Guid[] members)
    {
        var userId = request.Caller.UserId;
        if (RoomRules.CountWith(room, userId) > options.Value.RoomParticipants)
        {
            throw new ChatException(ProblemCodes.LimitReached, $"A voice room has up to {options.Value.RoomParticipants} participants.") { Limit = options.Value.RoomParticipants };
        }
        if (NeedsMixer(room, userId) && made is null)
        {
            return null;
        }
        var participant = new Participant(userId, request.LegId, request.Caller.SessionId, now.Time, Legs.Until(now, options.Value)) { IsMuted = request.Muted, IsDeafened = request.Deafened };
        if (room is null)
        {
            return RoomRules.Begin(request.ConversationId, Ids.New(), participant, NeedsMixer(room, userId) ? made : null, now, now.Clock);
        }
        var kept = RoomRules.Keep(room, members, now);
        // Nobody of those who were in is a member any longer: it ends, and then another begins.
        var next = kept.IsLive ? RoomRules.Join(kept, participant) : kept;
        return next.IsLive && NeedsMixer(room, userId) ? RoomRules.Mix(next, made!) : next;
    }
}
