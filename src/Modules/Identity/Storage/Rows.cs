using Microsoft.AspNetCore.Identity;
using ModularChat.Contracts.Identity;

namespace ModularChat.Identity.Storage;

/// <summary>An account with its profile. <see cref="IdentityUser{TKey}.UserName"/> is as the user typed it, the normalised one is what is unique.</summary>
internal sealed class UserRow : IdentityUser<Guid>
{
    public bool IsAdministrator { get; set; }
    public required string DisplayName { get; set; }
    public required string NormalizedDisplayName { get; set; }
    public required string AvatarColour { get; set; }
    public string StatusText { get; set; } = "";
    public string TimeZone { get; set; } = "Etc/UTC";
    public DateTimeOffset CreatedAt { get; set; }

    public UserInfo ToInfo() => new(Id, UserName!, DisplayName, AvatarColour, StatusText);
}

/// <summary>A log-in on a device. A device has at most one, so this is the device too.</summary>
internal sealed class SessionRow
{
    public Guid Id { get; set; }
    public Guid UserId { get; set; }
    public Guid DeviceId { get; set; }
    public required byte[] TokenHash { get; set; }
    public required string DeviceName { get; set; }
    public required string Platform { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset LastUsedAt { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
    /// <summary>Of the address of the log-in, when the server's table knows it. The address itself is not kept.</summary>
    public string? Region { get; set; }

    public SessionEnded ToEnded() => new(Id, UserId, DeviceId);
}

/// <summary>An integrator's server and its key. Stays after revocation, so that its external ids keep their meaning.</summary>
internal sealed class ApplicationRow
{
    public Guid Id { get; set; }
    public required string Name { get; set; }
    public required byte[] KeyHash { get; set; }
    /// <summary>Separated by blanks.</summary>
    public required string Scopes { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>A user as an application calls them.</summary>
internal sealed class ExternalUserRow
{
    public Guid ApplicationId { get; set; }
    public required string ExternalId { get; set; }
    public Guid UserId { get; set; }
}

/// <summary>A one-time code: an invite, or a password reset of a user. Deleted when it is used.</summary>
internal sealed class CodeRow
{
    public required byte[] CodeHash { get; set; }
    /// <summary>Whose password it resets; null: an invite.</summary>
    public Guid? UserId { get; set; }
    public Guid CreatedBy { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>Settings of a user who has changed any. The version is the one of the subject "settings".</summary>
internal sealed class SettingsRow
{
    public Guid UserId { get; set; }
    public GroupAdditions GroupAdditions { get; set; }
    public PresenceVisibility PresenceVisibility { get; set; }
    /// <summary>The clients' own part: a JSON object.</summary>
    public required string Client { get; set; }
}

/// <summary>What a user has begun to write in a conversation. The user's own, on all devices; nobody else reads it.</summary>
internal sealed class DraftRow
{
    public Guid UserId { get; set; }
    public Guid ConversationId { get; set; }
    public required string Text { get; set; }
    public long? ReplyTo { get; set; }
    /// <summary>The id under which it will be sent: whoever sees a message of this id knows that the draft is done.</summary>
    public Guid? ClientMessageId { get; set; }
    public DateTimeOffset At { get; set; }
}

/// <summary>How often a part of a user's general data has changed.</summary>
internal sealed class VersionRow
{
    public Guid UserId { get; set; }
    public required string Subject { get; set; }
    public long Version { get; set; }
}

/// <summary>Two people, once: the lower id first. It lies with both; when they lie in different databases, the copy of the lower id counts.</summary>
internal sealed class FriendshipRow
{
    public Guid LowId { get; set; }
    public Guid HighId { get; set; }
    public Guid RequestedBy { get; set; }
    public bool IsAccepted { get; set; }
    public DateTimeOffset ChangedAt { get; set; }

    public Guid Other(Guid userId) => LowId == userId ? HighId : LowId;
}

/// <summary>A user has blocked another. It lies with both, as a friendship does.</summary>
internal sealed class BlockRow
{
    public Guid UserId { get; set; }
    public Guid OtherId { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>What the server knows about itself, by key.</summary>
internal sealed class FactRow
{
    public required string Key { get; set; }
    public string? Text { get; set; }
    public long Number { get; set; }
}

/// <summary>In the directory: whose a name is, and by what people find its user.</summary>
internal sealed class NameRow
{
    public required string NormalizedUserName { get; set; }
    public required string NormalizedDisplayName { get; set; }
    public Guid UserId { get; set; }
}

/// <summary>A change was made here of which another database has to follow: the user's name in the directory, or the relation of two.</summary>
internal sealed class NoteRow
{
    public Guid Id { get; set; }
    public Guid UserId { get; set; }
    /// <summary>Null: it is about the name.</summary>
    public Guid? OtherId { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}
