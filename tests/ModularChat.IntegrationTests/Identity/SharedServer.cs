using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Identity;

/// <summary>One server for all requests that are refused and so change nothing.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal ChatServer Server { get; private set; } = null!;

    internal ChatUser Administrator { get; private set; } = null!;

    internal ChatUser User { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await ChatServer.StartAsync();
        Administrator = await Server.RegisterAsync("alice");
        User = await Server.RegisterAsync("bob");
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
