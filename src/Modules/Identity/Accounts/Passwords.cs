using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Accounts;

/// <summary>Hashes and checks passwords. Hashing takes long on purpose, so it is never done inside a transaction.</summary>
internal sealed class Passwords(IPasswordHasher<UserRow> hasher, IOptions<IdentityOptions> options)
{
    private const int Longest = 1024;

    private static readonly UserRow Nobody = new() { DisplayName = "", NormalizedDisplayName = "", AvatarColour = "" };

    private readonly Lazy<string> _nobodysHash = new(() => hasher.HashPassword(Nobody, "no password is this one"));

    public string Hash(string password) => hasher.HashPassword(Nobody, password);

    /// <summary>Takes as long when there is no user, or one without a password, so that the time tells nothing.</summary>
    public PasswordVerificationResult Verify(UserRow? user, string password)
    {
        var result = hasher.VerifyHashedPassword(Nobody, user?.PasswordHash ?? _nobodysHash.Value, password);
        return user?.PasswordHash is null ? PasswordVerificationResult.Failed : result;
    }

    /// <summary>A password that somebody wants to have.</summary>
    public string CheckNew(string field, string? password)
    {
        var given = CheckGiven(field, password);
        return given.Length >= options.Value.MinPasswordLength
            ? given
            : throw new ChatException(ProblemCodes.InvalidRequest, $"{field} has at least {options.Value.MinPasswordLength} characters.")
            {
                Field = field,
                Limit = options.Value.MinPasswordLength,
            };
    }

    /// <summary>A password that somebody says to have.</summary>
    public static string CheckGiven(string field, string? password)
    {
        if (string.IsNullOrEmpty(password))
        {
            throw ChatException.Invalid(field, $"{field} is needed.");
        }
        return password.Length <= Longest ? password : throw ChatException.TooLong(field, Longest, "characters");
    }
}
