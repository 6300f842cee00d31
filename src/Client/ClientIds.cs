namespace ModularChat.Client;

/// <summary>Makes ids for messages and groups: UUID version 7, which servers store fastest.</summary>
public static class ClientIds
{
#pragma warning disable RS0030 // The SDK stands alone, so this is its own one place for ids.
    /// <summary>A new id.</summary>
    public static Guid New() => Guid.CreateVersion7();
#pragma warning restore RS0030
}
