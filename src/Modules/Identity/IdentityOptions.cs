using System.ComponentModel.DataAnnotations;
using ModularChat.Contracts;
using ModularChat.Identity.Accounts;

namespace ModularChat.Identity;

/// <summary>Accounts, sessions, profiles and friends; section <c>Identity</c>.</summary>
public sealed class IdentityOptions
{
    /// <summary>Who may register: Open, Invite or Closed. Default Open. Before there is an administrator only the administrator may.</summary>
    [AllowedValues("Open", "Invite", "Closed", ErrorMessage = "Identity:Registration must be Open, Invite or Closed.")]
    public string Registration { get; set; } = nameof(RegistrationMode.Open);

    internal RegistrationMode RegistrationMode => Enum.Parse<RegistrationMode>(Registration);

    /// <summary>The code with which the first administrator may register from another machine, 12 to 128 characters; empty: a random one is printed at each start until there is an administrator. Default empty.</summary>
    [RegularExpression("^(.{12,128})?$", ErrorMessage = "Identity:SetupCode must be empty or have 12 to 128 characters.")]
    public string SetupCode { get; set; } = "";

    /// <summary>Days after its last use at which a session ends, 1 to 3,650. Default 30.</summary>
    [Range(1, 3650), Limit]
    public int SessionDays { get; set; } = 30;

    /// <summary>Devices of one user, 2 to 1,000; a log-in on one more ends the session that was used least lately. Default 100.</summary>
    [Range(2, 1000), Limit]
    public int MaxDevices { get; set; } = 100;

    /// <summary>Sessions and keys kept in memory, each for at most 30 seconds, 100 to 10,000,000. Default 50,000.</summary>
    [Range(100, 10_000_000)]
    public int CachedSessions { get; set; } = 50_000;

    /// <summary>Pairs of people whose blocks and friendship are kept in memory, each for at most 30 seconds, 100 to 10,000,000. Default 50,000.</summary>
    [Range(100, 10_000_000)]
    public int CachedRelations { get; set; } = 50_000;

    /// <summary>Characters that a password needs, 8 to 128. Default 8.</summary>
    [Range(8, 128), Limit]
    public int MinPasswordLength { get; set; } = 8;

    /// <summary>Wrong passwords in a row after which a name is locked, 3 to 1,000. Default 10.</summary>
    [Range(3, 1000)]
    public int LockoutAttempts { get; set; } = 10;

    /// <summary>Minutes for which a name is locked, 1 to 1,440. Default 5.</summary>
    [Range(1, 1440)]
    public int LockoutMinutes { get; set; } = 5;

    /// <summary>Log-ins and password resets a minute from one address (an IPv6 /64 is one), right or wrong; 0: no limit. Default 60.</summary>
    [Range(0, 1_000_000)]
    public int LogInsPerMinute { get; set; } = 60;

    /// <summary>Registrations a minute from one address; 0: no limit. Default 20.</summary>
    [Range(0, 1_000_000)]
    public int RegistrationsPerMinute { get; set; } = 20;

    /// <summary>Days for which an invite code holds, 1 to 365. Default 7.</summary>
    [Range(1, 365)]
    public int InviteDays { get; set; } = 7;

    /// <summary>Hours for which a code to reset a password holds, 1 to 720. Default 24.</summary>
    [Range(1, 720)]
    public int ResetHours { get; set; } = 24;

    /// <summary>Friends and open requests of one user, 1 to 10,000. Default 1,000.</summary>
    [Range(1, 10_000), Limit]
    public int MaxFriends { get; set; } = 1000;

    /// <summary>People that one user may block, 1 to 10,000. Default 1,000.</summary>
    [Range(1, 10_000), Limit]
    public int MaxBlocks { get; set; } = 1000;

    /// <summary>Drafts of one user, one a conversation, 1 to 10,000. Default 200.</summary>
    [Range(1, 10_000), Limit]
    public int MaxDrafts { get; set; } = 200;

    /// <summary>UTF-16 code units of a draft, 1 to 100,000. Default 10,000.</summary>
    [Range(1, 100_000), Limit]
    public int MaxDraftLength { get; set; } = 10_000;

    /// <summary>
    /// Names of regions by address, as <c>"192.0.2.0/24 Berlin"</c>; of several that fit, the narrowest. Shown in a user's own list of devices.
    /// Names have up to 64 characters. Default none.
    /// </summary>
    public IList<string> Regions { get; set; } = [];

    /// <summary>Writes an application key with all scopes to the file <c>development-key</c> in the data folder when it is not there. Never on a server that others reach. Default false.</summary>
    public bool WriteDevelopmentKey { get; set; }
}
