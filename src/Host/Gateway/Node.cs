namespace ModularChat.Host.Gateway;

/// <summary>This process, as others know it.</summary>
/// <param name="Id">Made at the start.</param>
internal sealed record Node(Guid Id);
