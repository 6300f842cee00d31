using System.Text.Json.Serialization;
using MediatR;

namespace ModularChat.Contracts.Identity;

/// <summary>A user as others see them.</summary>
/// <param name="Id">The user.</param>
/// <param name="Name">Unique name, 3 to 32 characters.</param>
/// <param name="DisplayName">What is shown.</param>
/// <param name="AvatarColour"><c>#rrggbb</c>.</param>
/// <param name="StatusText">Free text, empty when none.</param>
public sealed record UserInfo(Guid Id, string Name, string DisplayName, string AvatarColour, string StatusText);

/// <summary>Users by id; unknown and removed ones are left out.</summary>
/// <param name="Ids">At most 1,000.</param>
public sealed record GetUsers(Guid[] Ids) : IRequest<UserInfo[]>, IRepeatable;

/// <summary>Users by name, without regard to case; unknown ones are left out. For mentions.</summary>
/// <param name="Names">At most 100.</param>
public sealed record FindUsersByName(string[] Names) : IRequest<UserInfo[]>, IRepeatable;

/// <summary>Asks every database of accounts whether it answers; how many there are. Fails within three seconds when one does not.</summary>
public sealed record PingAccounts : IRequest<int>, IRepeatable;

/// <summary>Whom a user lets add them to groups.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GroupAdditions>))]
public enum GroupAdditions
{
    /// <summary>Everybody.</summary>
    [JsonStringEnumMemberName("everybody")] Everybody = 0,
    /// <summary>Friends; others only invite.</summary>
    [JsonStringEnumMemberName("friends")] Friends = 1,
}

/// <summary>How a user stands to others; what Messaging judges by.</summary>
/// <param name="UserId">The one who acts.</param>
/// <param name="OtherIds">The others; at most 1,000.</param>
public sealed record GetRelations(Guid UserId, Guid[] OtherIds) : IRequest<Relation[]>, IRepeatable;

/// <summary>How one other stands to the user who was asked about; unknown users are left out of the answer.</summary>
/// <param name="OtherId">The other.</param>
/// <param name="IsBlocked">True when either has blocked the other.</param>
/// <param name="MayAddToGroups">True when the user may add the other to a group; false: may only invite. Never true when blocked.</param>
public sealed record Relation(Guid OtherId, bool IsBlocked, bool MayAddToGroups);

/// <summary>Who sees a user's presence.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PresenceVisibility>))]
public enum PresenceVisibility
{
    /// <summary>Everybody who is not kept apart by a block.</summary>
    [JsonStringEnumMemberName("everybody")] Everybody = 0,
    /// <summary>Friends.</summary>
    [JsonStringEnumMemberName("friends")] Friends = 1,
    /// <summary>Only the user.</summary>
    [JsonStringEnumMemberName("nobody")] Nobody = 2,
}

/// <summary>Who may know whether these users are there; what Presence judges by.</summary>
/// <param name="UserIds">At most 1,000.</param>
public sealed record GetAudiences(Guid[] UserIds) : IRequest<Audience[]>, IRepeatable;

/// <summary>Who may know of one user; users who are not there are left out of the answer.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Presence">Whom the user lets see their presence.</param>
/// <param name="Friends">The user's friends, in no order.</param>
/// <param name="Blocked">Whom the user has blocked, and who has blocked the user, in no order.</param>
public sealed record Audience(Guid UserId, PresenceVisibility Presence, Guid[] Friends, Guid[] Blocked);

/// <summary>A block was made or taken away between two users; a cache of relations forgets the pair. May be lost: caches live at most 30 seconds.</summary>
/// <param name="UserId">Who changed it.</param>
/// <param name="OtherId">The other.</param>
public sealed record BlockChanged(Guid UserId, Guid OtherId) : IClusterEvent;

/// <summary>General data of a user changed; Messaging says so in Self, the gateway to live devices.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Subject">profile, settings, friends, blocks, devices or drafts.</param>
/// <param name="Version">Its version now.</param>
/// <param name="IsQuiet">It changes too often to be an entry in Self: live devices get a frame, the others the version with their next sync.</param>
public sealed record UserDataChanged(Guid UserId, string Subject, long Version, bool IsQuiet = false) : IClusterEvent;

/// <summary>The versions of a user's general data, by subject; subjects never changed have version 0 and may be left out.</summary>
/// <param name="UserId">Whose.</param>
public sealed record GetDataVersions(Guid UserId) : IRequest<Dictionary<string, long>>, IRepeatable;
