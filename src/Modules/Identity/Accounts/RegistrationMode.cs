namespace ModularChat.Identity.Accounts;

/// <summary>Who may register.</summary>
internal enum RegistrationMode
{
    /// <summary>Everybody.</summary>
    Open = 0,
    /// <summary>Whoever has a one-time invite code from an administrator.</summary>
    Invite = 1,
    /// <summary>Nobody; applications still make users.</summary>
    Closed = 2,
}
