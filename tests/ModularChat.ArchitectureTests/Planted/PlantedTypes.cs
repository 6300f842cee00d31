using MediatR;

namespace ModularChat.ArchitectureTests.Planted
{
    /// <summary>Types that break one rule each; every rule must find exactly its own.</summary>
    internal static class PlantedTypes
    {
        public static readonly Type[] All = [.. typeof(PlantedTypes).Assembly.GetTypes().Where(t =>
            t.Namespace?.StartsWith("ModularChat.Planted", StringComparison.Ordinal) == true && !t.Name.Contains('<', StringComparison.Ordinal))];

        public static Type[] Under(string space) => [.. All.Where(t => t.Namespace?.StartsWith("ModularChat.Planted" + space, StringComparison.Ordinal) == true)];
    }
}

namespace ModularChat.Planted
{
    public static class PlantedModule
    {
        // Allowed: this class picks the engine.
        public static Type Engine() => typeof(Microsoft.Data.Sqlite.SqliteConnection);
    }

    public sealed class PlantedOptions
    {
        public Mode Mode { get; set; }

        public Part Part { get; set; } = new();
    }

    public enum Mode { One }

    public sealed class Part
    {
        public Mode? Other { get; set; }
    }

    public sealed class LeakedStore;
}

namespace ModularChat.Planted.Storage.Lite
{
    internal sealed class Store
    {
        public static string Name => new Microsoft.Data.Sqlite.SqliteConnection().DataSource;
    }
}

namespace ModularChat.Planted.Sending
{
    internal sealed class NamesAnEngineInAnAsyncBody
    {
        public static async Task<int> CountAsync(CancellationToken token)
        {
            await Task.Delay(TimeSpan.FromTicks(1), TimeProvider.System, token);
            await using var connection = new Microsoft.Data.Sqlite.SqliteConnection();
            return connection.DefaultTimeout;
        }
    }

    internal sealed class TouchesASocket
    {
        public static bool Closed(System.Net.WebSockets.WebSocket socket) => socket.State == System.Net.WebSockets.WebSocketState.Closed;
    }

    internal sealed class UsesPresence(IMediator mediator)
    {
        public Task AskAsync(CancellationToken token) => mediator.Send(new ModularChat.Contracts.Presence.LocateConnections([]), token);
    }

    internal sealed class UsesIdentity(IMediator mediator)
    {
        public Task AskAsync(CancellationToken token) => mediator.Send(new ModularChat.Contracts.Identity.GetUsers([]), token);
    }

    internal static class HoldsState
    {
        public static readonly int[] Fine = [1];
        public static readonly Dictionary<string, int> Grows = [];
        public static int Counter { get; set; }

        public static string AlsoFine { get; } = "x";

        public static Func<int, int> CachedLambda() => x => x + 1;
    }
}

namespace ModularChat.Planted.Contracts
{
    public sealed record Answered(string Text) : IRequest<string>;

    public sealed record AnsweredTwice(string Text) : IRequest<string>;

    public sealed record Unanswered(string Text) : IRequest<string>;

    public sealed record AnsweredElsewhere(string Text) : IRequest<string>;

    public sealed record Settable
    {
        public string Text { get; set; } = "";
    }

    public sealed record CarriesBytesThatFlow(Stream Content);

    public record NotSealed(string Text);

    public sealed record LosesAMember(string Text)
    {
        [System.Text.Json.Serialization.JsonIgnore]
        public string? Secret { get; init; }
    }
}

namespace ModularChat.Contracts.Handlers
{
    // The last part of a contract's namespace is the module's name: these stand in for a module of the name Contracts.
    internal sealed class AnsweredHandler : IRequestHandler<Planted.Contracts.Answered, string>
    {
        public Task<string> Handle(Planted.Contracts.Answered request, CancellationToken cancellationToken) => Task.FromResult(request.Text);
    }

    internal sealed class FirstHandler : IRequestHandler<Planted.Contracts.AnsweredTwice, string>
    {
        public Task<string> Handle(Planted.Contracts.AnsweredTwice request, CancellationToken cancellationToken) => Task.FromResult(request.Text);
    }

    public sealed class SecondHandler : IRequestHandler<Planted.Contracts.AnsweredTwice, string>
    {
        public Task<string> Handle(Planted.Contracts.AnsweredTwice request, CancellationToken cancellationToken) => Task.FromResult(request.Text);
    }
}

namespace ModularChat.Planted.Elsewhere
{
    public class ElsewhereHandler : IRequestHandler<Contracts.AnsweredElsewhere, string>
    {
        public Task<string> Handle(Contracts.AnsweredElsewhere request, CancellationToken cancellationToken) => Task.FromResult(request.Text);
    }
}

namespace ModularChat.Planted.Travelling
{
    internal sealed record StaysBehind : INotification;

    internal sealed record SentTwice(Guid ClientMessageId) : IRequest<int>;

    [ModularChat.Contracts.OncePerCluster]
    internal sealed class OnceForNobodyElse : INotificationHandler<StaysBehind>
    {
        public Task Handle(StaysBehind notification, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
