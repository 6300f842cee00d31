namespace ModularChat.Client;

/// <summary>Who a request is made by. Never part of a URL.</summary>
/// <param name="Token">A session token or an application key; null for requests that need none.</param>
/// <param name="ActAs">With an application key: the user to act as.</param>
public sealed record ChatCredentials(string? Token, Guid? ActAs = null)
{
    /// <summary>Nobody: register, log in.</summary>
    public static ChatCredentials None { get; } = new((string?)null);

    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(ChatCredentials);
}
