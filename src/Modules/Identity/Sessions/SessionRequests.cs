using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Names;

namespace ModularChat.Identity.Sessions;

/// <summary>The device that somebody logs in on. With the <paramref name="Id"/> of one's own earlier device it stays that device, and its earlier session ends.</summary>
internal sealed record DeviceRequest(Guid? Id = null, string? Name = null, string? Platform = null)
{
    private const int Longest = 64;

    public static DeviceRequest Check(DeviceRequest? device) =>
        new(
            device?.Id,
            Texts.Check("device.name", device?.Name ?? "", Longest, mayBeEmpty: true),
            Texts.Check("device.platform", device?.Platform ?? "", Longest, mayBeEmpty: true));
}

/// <summary>A session as it is told once to the one who gets it.</summary>
internal sealed record SessionInfo(string Token, DateTimeOffset ExpiresAt, Guid DeviceId)
{
    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(SessionInfo);
}

internal sealed record SessionAnswer(SessionInfo Session);

internal sealed record AccountAnswer(UserInfo User, SessionInfo Session);

/// <summary>The one refusal for an unknown name and for a wrong password.</summary>
internal static class Refusals
{
    public static ChatException WrongCredentials() => new(ProblemCodes.WrongCredentials, "The user name or the password is wrong.");
}
