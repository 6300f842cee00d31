using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;

namespace ModularChat.UnitTests.Presence;

/// <summary>What Presence asks of Identity and Messaging: who knows whom, who has blocked whom, who is in which group.</summary>
public sealed class Neighbours :
    IRequestHandler<GetAudiences, Audience[]>, IRequestHandler<GetDirectPartners, Guid[]>, IRequestHandler<GetRecipients, Guid[]>
{
    public HashSet<Guid> Users { get; } = [];

    public HashSet<(Guid One, Guid Other)> Friends { get; } = [];

    public HashSet<(Guid One, Guid Other)> Blocks { get; } = [];

    public HashSet<(Guid One, Guid Other)> Directs { get; } = [];

    public Dictionary<Guid, PresenceVisibility> Visibility { get; } = [];

    public Dictionary<Guid, Guid[]> Groups { get; } = [];

    public int AudiencesAsked { get; private set; }

    public Task<Audience[]> Handle(GetAudiences request, CancellationToken cancellationToken)
    {
        AudiencesAsked++;
        return Task.FromResult(request.UserIds.Where(Users.Contains)
            .Select(id => new Audience(id, Visibility.GetValueOrDefault(id), Others(Friends, id), Others(Blocks, id))).ToArray());
    }

    public Task<Guid[]> Handle(GetDirectPartners request, CancellationToken cancellationToken) =>
        Task.FromResult(Others(Directs, request.UserId).Take(request.Limit).ToArray());

    public Task<Guid[]> Handle(GetRecipients request, CancellationToken cancellationToken) =>
        Groups.TryGetValue(request.ConversationId, out var members) && members.Contains(request.Caller.UserId)
            ? Task.FromResult(members)
            : throw ChatException.NoConversation();

    private static Guid[] Others(HashSet<(Guid One, Guid Other)> pairs, Guid user) =>
        [.. pairs.Where(pair => pair.One == user || pair.Other == user).Select(pair => pair.One == user ? pair.Other : pair.One).Distinct()];
}
