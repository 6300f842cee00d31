using MediatR;
using ModularChat.Contracts.Identity;

namespace ModularChat.UnitTests.Messaging;

/// <summary>Users without Identity: who is there, who has blocked whom, and who takes additions only from friends.</summary>
public sealed class People :
    IRequestHandler<GetRelations, Relation[]>, IRequestHandler<FindUsersByName, UserInfo[]>, IRequestHandler<GetDataVersions, Dictionary<string, long>>
{
    private readonly Dictionary<Guid, string> names = [];

    public HashSet<(Guid One, Guid Other)> Blocked { get; } = [];

    public HashSet<Guid> FriendsOnly { get; } = [];

    public Dictionary<string, long> Versions { get; } = new(StringComparer.Ordinal);

    public int RelationsAsked { get; private set; }

    public int NamesAsked { get; private set; }

    public Guid Add(string name)
    {
        var id = ModularChat.Contracts.Ids.New();
        names[id] = name;
        return id;
    }

    public void Block(Guid one, Guid other) => Blocked.Add((one, other));

    public Task<Relation[]> Handle(GetRelations request, CancellationToken cancellationToken)
    {
        RelationsAsked++;
        return Task.FromResult(request.OtherIds.Where(names.ContainsKey).Select(id => Of(request.UserId, id)).ToArray());
    }

    public Task<UserInfo[]> Handle(FindUsersByName request, CancellationToken cancellationToken)
    {
        NamesAsked++;
        return Task.FromResult(names.Where(p => request.Names.Contains(p.Value, StringComparer.OrdinalIgnoreCase))
            .Select(p => new UserInfo(p.Key, p.Value, p.Value, "#000000", "")).ToArray());
    }

    public Task<Dictionary<string, long>> Handle(GetDataVersions request, CancellationToken cancellationToken) => Task.FromResult(new Dictionary<string, long>(Versions));

    private Relation Of(Guid user, Guid other)
    {
        var isBlocked = Blocked.Contains((user, other)) || Blocked.Contains((other, user));
        return new Relation(other, isBlocked, !isBlocked && !FriendsOnly.Contains(other));
    }
}
